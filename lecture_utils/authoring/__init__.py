"""The authors' command line: `python -m lecture_utils.authoring {notebooks,figures,experiments}`."""
