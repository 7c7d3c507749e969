"""Cat and dog heads drawn with OpenCV: a stand-in for photographs that needs no download.

From the ground up: `canvas` (soft and furry shapes), `noise`, `pose` (a head in space and its projection), `relief`
(light and shade), `coats` and `markings` (fur), `eyes`, `muzzles`, `sitter` (one animal being painted), `cats` and
`dogs` (their heads), `backgrounds`, and `photos` (whole pictures).
"""
