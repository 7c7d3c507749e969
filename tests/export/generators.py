"""Untrained generators of every family that can be exported."""

import torch
from small import BIGGAN, DATA, FAST, LABELLED, SMALL, STUDENT, STYLES

from frugalgan.data.facts import DataFacts
from frugalgan.networks import Family, Network
from frugalgan.networks.offers import Adaptable
from frugalgan.networks.sampling import estimate_statistics

FAMILIES: dict[str, tuple[Family, DataFacts, str]] = {
    "dcgan": (SMALL, DATA, ""),
    "dcgan_student": (STUDENT, DATA, ""),
    "fastgan": (FAST, DATA, ""),
    "biggan": (BIGGAN, LABELLED, ""),
    "stylegan2": (STYLES, DATA, ""),
    "stylegan2, domain vector": (STYLES, DATA, "domain_vector"),
    "stylegan2, hypernetwork": (STYLES, LABELLED, "hypernetwork_plus"),
}


def generator(family: Family, data: DataFacts, adaptation: str = "") -> Network:
    """Untrained, with the statistics of its own activations and some of all that starts at 0."""
    torch.manual_seed(4)
    G = family.generator(data)
    if adaptation:
        G.require(Adaptable, "this test").adapt(adaptation)
    with torch.no_grad():
        for parameter in G.parameters():
            if not parameter.any():
                parameter.normal_(std=0.1)
    norms = [module for module in G.modules() if isinstance(module, torch.nn.BatchNorm2d)]
    estimate_statistics(G.train(), norms, 1, None)
    return G.eval()
