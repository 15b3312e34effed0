"""Helpers of the lecture Unrolled. Import the module you need: this package loads nothing by itself."""
