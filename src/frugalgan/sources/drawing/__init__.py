"""Cat and dog heads drawn with OpenCV: a stand-in for photographs that needs no download.

From the ground up: `canvas` (soft and furry shapes on an image), `pose` (a head in space and its projection),
`relief` (light and shade), `coats` (fur colours and markings), `features` (eyes, noses, mouths, whiskers),
`sitter` (one animal being painted), `cats` and `dogs` (their heads), `backgrounds`, and `photos` (whole pictures).
"""
