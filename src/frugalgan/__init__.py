"""Which way of making GAN training or GAN models cheaper costs how much quality?"""

__version__ = "0.1.0"
