"""Records what independent implementations say of samples: SciPy and R. Run with both installed:

    python3 record.py > recorded.json

The tests read the file and need neither.
"""
import json
import subprocess
import sys

import numpy
import scipy
from scipy import stats

rng = numpy.random.default_rng(20261129)


def lognormal(n, sigma, median):
    return numpy.round(median * numpy.exp(rng.normal(0, sigma, n)), 4)


samples = {
    "equal": (lognormal(60, 0.3, 40), lognormal(60, 0.3, 40)),
    "a little slower": (lognormal(80, 0.3, 40), lognormal(75, 0.3, 43)),
    "much slower": (lognormal(100, 0.2, 40), lognormal(100, 0.2, 55)),
    "faster": (lognormal(60, 0.4, 40), lognormal(70, 0.4, 30)),
    "heavy tails": (numpy.round(20 * rng.pareto(1.5, 90) + 20, 4), numpy.round(20 * rng.pareto(1.5, 90) + 22, 4)),
    "two humps": (numpy.concatenate([lognormal(60, 0.1, 10), lognormal(30, 0.1, 80)]), numpy.concatenate([lognormal(50, 0.1, 10), lognormal(40, 0.1, 80)])),
    "tiny": (lognormal(8, 0.3, 40), lognormal(9, 0.3, 60)),
    "ties": (numpy.round(lognormal(70, 0.1, 10)), numpy.round(lognormal(70, 0.1, 10.5))),
}
tables = [(0, 300, 6, 300), (1, 300, 8, 300), (3, 50, 3, 50), (0, 1000, 10, 1000), (20, 300, 22, 290), (0, 60, 1, 60), (300, 300, 290, 300)]
families = [[0.01, 0.04, 0.03, 0.005], [0.2, 0.2, 0.2], [1e-9, 0.5, 0.012, 0.9, 0.011], [0.04]]


def r(program):
    out = subprocess.run(["R", "--vanilla", "--slave", "-e", program], capture_output=True, text=True, check=True).stdout
    return [float(word) for word in out.split()]


def vector(values):
    return "c(" + ",".join(repr(float(v)) for v in values) + ")"


def shift(blue, green):
    exact = len(set(blue) | set(green)) == len(blue) + len(green)
    out = r(
        "options(digits=17);"
        f"b<-{vector(blue)};g<-{vector(green)};"
        f"w<-wilcox.test(g,b,conf.int=TRUE,conf.level=0.9,exact={'TRUE' if exact else 'FALSE'});"
        'cat(median(outer(g,b,"-")),w$conf.int[1],w$conf.int[2],median(outer(g,b,"/")))'
    )
    return dict(exact=exact, estimate=out[0], low=out[1], high=out[2], ratio=out[3])


rank = []
for name, (blue, green) in samples.items():
    u, p = stats.mannwhitneyu(green, blue, alternative="greater", method="asymptotic")
    one = dict(name=name, blue=list(map(float, blue)), green=list(map(float, green)), u=float(u), p=float(p), shift=shift(blue, green))
    if name in ("tiny",):
        one["p"] = float(stats.mannwhitneyu(green, blue, alternative="greater", method="exact").pvalue)
    rank.append(one)
fisher = [
    dict(blueHits=a, blue=n, greenHits=b, green=m, p=float(stats.fisher_exact([[b, m - b], [a, n - a]], alternative="greater")[1]))
    for a, n, b, m in tables
]
holm = [dict(p=f, adjusted=r(f'options(digits=17);cat(p.adjust({vector(f)},"holm"))')) for f in families]
version = subprocess.run(["R", "--version"], capture_output=True, text=True).stdout.splitlines()[0]
json.dump(dict(by=f"SciPy {scipy.__version__}, {version}", rank=rank, fisher=fisher, holm=holm), sys.stdout, indent=1)
