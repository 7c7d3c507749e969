"""The chart library that `dvc plots show` needs, beside the project, so that its page has curves without a network.

.dvc/plots/page.html loads it from here, and from a server where it is not there.
"""

import os
from pathlib import Path

from frugalgan.files import replaced


def charts_file() -> Path:
    """Where the page looks for it."""
    return Path(os.environ.get("DVC_ROOT", ".")) / ".frugalgan" / "charts.js"


def write_charts(file: Path) -> None:
    """Vega, Vega-Lite and Vega-Embed as one classic script, if the extra that has them is installed and they are not
    there yet."""
    try:
        import vl_convert  # an extra
    except ImportError:
        return
    if file.is_file():
        return
    script = vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;")
    with replaced(file) as temporary:
        temporary.write_text(f"(() => {{{script}}})();\n", encoding="utf-8")
