"""Cleaning: rules which recognise text outside of the article. Removed passages are counted by kind."""
