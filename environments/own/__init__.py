"""Questions of one's own: what a spreadsheet, JSON lines, Moodle's GIFT or Aiken hold becomes questions."""
