"""Where students learn: question banks and how they are split."""
