"""Cat and dog heads drawn with OpenCV: a stand-in for photographs that needs no download.

The modules, from the ground up: `canvas` (soft and furry shapes on an image), `pose` (a head in space and its projection),
`coats` (fur colours and markings), `features` (eyes, nose, mouth, whiskers), `heads` (the two kinds of animal), `backgrounds`, `photos`
(a whole picture: light, blur, sensor noise, key points).
"""
