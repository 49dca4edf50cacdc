"""Front-end files taken from npm packages. There is no bundler: prebuilt files are copied to static/vendor (not committed)."""

import re
import shutil
from pathlib import Path
from typing import Final

ASSETS: Final = {
    "@tabler/core/dist/css/tabler.min.css": "tabler/tabler.min.css",
    "@tabler/core/dist/css/tabler.rtl.min.css": "tabler/tabler.rtl.min.css",
    "@tabler/core/dist/js/tabler.min.js": "tabler/tabler.min.js",
    "echarts/dist/echarts.min.js": "echarts/echarts.min.js",
    "vazirmatn/fonts/webfonts/Vazirmatn[wght].woff2": "vazirmatn/vazirmatn.woff2",
    "@majidh1/jalalidatepicker/dist/jalalidatepicker.min.css": "jalalidatepicker/jalalidatepicker.min.css",
    "@majidh1/jalalidatepicker/dist/jalalidatepicker.min.js": "jalalidatepicker/jalalidatepicker.min.js",
}
"""Path under node_modules → path under static/vendor."""

ICONS: Final = tuple(
    """
    activity ad ad-2 adjustments adjustments-horizontal affiliate alarm alert-circle alert-triangle api archive
    arrow-back-up arrow-down arrow-left arrow-right arrow-up arrow-up-right article ban basket bell bolt book book-2 bookmark
    at box briefcase brand-instagram brand-telegram brand-whatsapp brand-x brand-youtube
    browser building building-bank building-community
    building-store building-warehouse bulb calculator calendar calendar-event calendar-time cash cash-banknote category
    certificate chart-arrows-vertical chart-bar chart-dots chart-funnel chart-histogram chart-line chart-pie check
    checkbox checklist checks chevron-down chevron-left chevron-right chevron-up chevrons-left chevrons-right circle
    circle-check circle-dashed circle-minus circle-plus circle-x click clipboard clipboard-check clipboard-list clock
    clock-hour-4 clock-pause code coin coins color-swatch columns copy credit-card crown currency-dollar database
    device-desktop device-desktop-analytics device-floppy device-laptop device-mobile discount dots
    dots-vertical download edit exchange external-link eye eye-check eye-off file file-analytics file-code file-dollar
    file-invoice file-text files filter filter-off fingerprint flag flask folder forms gauge gift git-branch globe
    hand-click hand-stop heart-handshake help help-circle history home home-2 hourglass id-badge-2 inbox infinity
    info-circle key key-off language layout-dashboard layout-grid layout-list lifebuoy link link-off link-plus list
    list-check list-details live-photo loader lock lock-open lock-check login login-2 logout logout-2 mail mail-off mail-check
    mail-forward mail-opened map-pin math-function menu-2 message message-circle message-report minus mood-empty moon
    mouse news note notebook notes number package password pencil percentage phone photo photo-plus pin plane
    player-pause player-play player-stop plug-connected plus pointer presentation-analytics printer puzzle qrcode
    question-mark radar receipt receipt-2 receipt-refund refresh repeat report report-analytics report-money
    rocket rotate-clockwise route route-2 rss ruler-measure scale school search section select-all selector send server
    settings settings-2 share shield shield-check shield-half shield-lock shopping-bag shopping-cart arrows-shuffle
    sitemap social sort-ascending sort-descending sparkles speakerphone square-check stack-2 star stars sun sun-moon
    switch-horizontal table tag tags target target-arrow template text-size thumb-down thumb-up ticket timeline
    toggle-left tool tools transfer transfer-in transfer-out transform trash trending-down trending-up trophy typography
    upload user user-check user-circle user-cog user-edit user-minus user-off user-plus user-question user-scan
    user-search user-share user-star user-x users users-group video versions wallet webhook wifi-off window world
    world-www writing x zoom-in zoom-question
    """.split()
)
"""Icons that `{% icon %}` may draw, from @tabler/icons (outline)."""

SOURCE_MAP = re.compile(r"\n?(//# sourceMappingURL=\S+|/\*# sourceMappingURL=\S+ \*/)\s*$")


def copy(root: Path) -> None:
    """Copies what is listed from root/node_modules to root/static/vendor. Source map comments go: their maps are not served."""
    packages, vendor = root / "node_modules", root / "static" / "vendor"
    for source, target in ASSETS.items():
        _copy_file(packages / source, vendor / target)
    for icon in ICONS:
        _copy_file(packages / "@tabler/icons/icons/outline" / f"{icon}.svg", vendor / "icons" / f"{icon}.svg")


def _copy_file(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.suffix in {".css", ".js"}:
        target.write_text(SOURCE_MAP.sub("\n", source.read_text("utf-8")), "utf-8")
    else:
        shutil.copyfile(source, target)


if __name__ == "__main__":
    copy(Path(__file__).resolve().parents[2])
