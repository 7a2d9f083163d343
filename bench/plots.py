"""Bar charts as SVG: a bar for each contender, on a logarithmic scale or one of percents. The
standard library is all they need; text is text, and the colours follow the reader's light or dark
theme."""

import math
from xml.sax.saxutils import escape

STYLE = """\
<style>
text { font: 13px system-ui, sans-serif; fill: #1f2328 }
.title { font-weight: 600; font-size: 15px }
.small { font-size: 11px; fill: #59636e }
line { stroke: #d1d9e0; stroke-width: 1 }
.peer { fill: #8c959f }
.own { fill: #0969da }
@media (prefers-color-scheme: dark) {
  text { fill: #f0f6fc }
  .small { fill: #9198a1 }
  line { stroke: #3d444d }
  .peer { fill: #656c76 }
  .own { fill: #4493f8 }
}
</style>"""

WIDTH, LEFT, RIGHT = 720, 190, 90
TOP, STEP, BAR = 56, 26, 16


def bars(title, note, values, show, logarithmic=True):
    """The SVG of [(who, value)]; show(value) is its text. tapps stands out.

    logarithmic: values above 0; else percents.
    """
    low, high, ticks = 0, 100, [0, 25, 50, 75, 100]
    if logarithmic:
        low = 10 ** math.floor(math.log10(min(value for _, value in values) / 2))
        high = 10 ** math.ceil(math.log10(max(value for _, value in values) * 1.001))
        ticks = [low * 10**n for n in range(round(math.log10(high / low)) + 1)]
    bottom = TOP + STEP * len(values)

    def across(value):
        part = (value - low) / (high - low)
        if logarithmic:
            part = math.log10(value / low) / math.log10(high / low)
        return LEFT + part * (WIDTH - LEFT - RIGHT)

    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {bottom + 28}"'
    summary = "; ".join(f"{who} {show(value)}" for who, value in values)
    out = [
        f'{head} width="{WIDTH}" height="{bottom + 28}" role="img">',
        f"<title>{escape(f'{title}: {summary}')}</title>",
        STYLE,
        f'<text class="title" x="8" y="20">{escape(title)}</text>',
        f'<text class="small" x="8" y="38">{escape(note)}</text>',
    ]
    for tick in ticks:
        x = across(tick)
        out.append(f'<line x1="{x:.1f}" y1="{TOP - 6}" x2="{x:.1f}" y2="{bottom}"/>')
        out.append(
            f'<text class="small" text-anchor="middle" x="{x:.1f}" y="{bottom + 16}">'
            f"{escape(show(tick))}</text>"
        )
    for place, (who, value) in enumerate(values):
        y, end = TOP + STEP * place, across(value)
        kind = "own" if who.split(",")[0] == "tapps" else "peer"
        out += [
            f'<text text-anchor="end" x="{LEFT - 8}" y="{y + 13}">{escape(who)}</text>',
            f'<rect class="{kind}" x="{LEFT}" y="{y}" width="{max(end - LEFT, 1):.1f}" '
            f'height="{BAR}" rx="2"/>',
            f'<text x="{end + 6:.1f}" y="{y + 13}">{escape(show(value))}</text>',
        ]
    return "\n".join([*out, "</svg>"]) + "\n"
