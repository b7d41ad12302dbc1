"""What people and other programs see: words, tables, pictures, pages, exports."""
