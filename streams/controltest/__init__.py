"""The control test: are listed parties found when they come in another spelling, and are others left alone?"""
