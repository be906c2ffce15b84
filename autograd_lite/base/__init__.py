"""What stands below everything: shapes, functions, texts, modules that come later."""
