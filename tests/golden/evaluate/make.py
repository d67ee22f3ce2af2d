#!/usr/bin/python3
"""Makes quality.json: what scikit-learn, numpy and scipy say about made-up answers, and about nearest
neighbours on iris. Run by Debian's python3-sklearn (1.2.1): make.py > quality.json
"""
import json
import os
import sys
import numpy as np
from scipy.stats import binomtest
from sklearn import metrics
from sklearn.calibration import calibration_curve
from sklearn.neighbors import KNeighborsClassifier

BINS = 10


def reliability(probabilities, hits):
    """Of the bins that have rows."""
    observed, predicted = calibration_curve(hits, probabilities, n_bins=BINS, strategy="uniform")
    index = np.searchsorted(np.linspace(0, 1, BINS + 1)[1:-1], probabilities)
    rows = np.bincount(index, minlength=BINS)
    rows = rows[rows > 0]
    error = float(np.sum(rows * np.abs(observed - predicted)) / rows.sum())
    return {"observed": observed.tolist(), "predicted": predicted.tolist(), "rows": rows.tolist(),
            "error": error}


def classification(truth, answers, probabilities, classes):
    """`classes` are those of the model, then any others of the truth."""
    precision, recall, f1, rows = metrics.precision_recall_fscore_support(
        truth, answers, labels=classes, zero_division=0)
    out = {
        "confusion": metrics.confusion_matrix(truth, answers, labels=classes).tolist(),
        "accuracy": metrics.accuracy_score(truth, answers),
        "balanced": float(recall[rows > 0].mean()),
        "precision": precision.tolist(), "recall": recall.tolist(), "f1": f1.tolist(),
    }
    hits = int(np.sum(np.array(truth) == np.array(answers)))
    band = binomtest(hits, len(truth)).proportion_ci(method="wilson")
    out["band"] = [band.low, band.high]
    known = classes[:probabilities.shape[1]]
    if set(truth) <= set(known):
        out["log_loss"] = metrics.log_loss(truth, probabilities, labels=known)
    chosen = probabilities[np.arange(len(truth)), [known.index(a) for a in answers]]
    out["confidence"] = reliability(chosen, np.array(truth) == np.array(answers))
    out["per_class"] = [reliability(probabilities[:, i], (np.array(truth) == c).astype(int))
                        for i, c in enumerate(known)]
    return out


def made(random, foreign):
    known = ["ash", "birch", "cedar"]
    rows = 300
    probabilities = random.dirichlet([0.6, 0.9, 0.4], rows)
    # Votes of ten: many zeros, and probabilities that lie on the edges of the bins.
    probabilities[:150] = np.array([random.multinomial(10, p) for p in probabilities[:150]]) / 10
    answers = [known[i] for i in probabilities.argmax(axis=1)]
    truth = [known[random.choice(3, p=0.8 * p + 0.2 / 3)] for p in probabilities]
    classes = list(known)
    if foreign:
        for i in range(0, rows, 40):
            truth[i] = "yew" if i % 80 else "elm"
        classes += ["elm", "yew"]
    return {"known": known, "truth": truth, "answers": answers,
            "probabilities": probabilities.tolist(),
            "expected": classification(truth, answers, probabilities, classes)}


def regression(random):
    truth = 1e6 + random.normal(size=201) * 3
    answers = truth + random.normal(size=201) + 0.25
    residuals = answers - truth
    shares = [0, 0.05, 0.25, 0.5, 0.75, 0.95, 1]
    return {"truth": truth.tolist(), "answers": answers.tolist(),
            "expected": {
                "mae": metrics.mean_absolute_error(truth, answers),
                "rmse": metrics.mean_squared_error(truth, answers, squared=False),
                "r2": metrics.r2_score(truth, answers),
                "bias": float(residuals.mean()),
                "quantiles": np.quantile(residuals, shares).tolist()}}


def iris():
    """A model of every second row, asked about all of them."""
    here = os.path.dirname(os.path.abspath(__file__))
    lines = open(os.path.join(here, "../../../resources/iris/iris.csv")).read().split("\n")
    rows = [line.split(",") for line in lines[1:] if line]
    x = np.array([[float(v) for v in row[:4]] for row in rows])
    y = [row[4].strip('"') for row in rows]
    model = KNeighborsClassifier(5, algorithm="kd_tree").fit(x[::2], y[::2])
    return {"expected": classification(y, model.predict(x).tolist(), model.predict_proba(x),
                                       model.classes_.tolist())}


random = np.random.RandomState(7)
json.dump({
    "made": made(random, False), "foreign": made(random, True), "regression": regression(random),
    "iris": iris(),
    "wilson": [[h, n, *binomtest(h, n).proportion_ci(method="wilson")]
               for h, n in [(0, 5), (5, 5), (1, 3), (47, 50), (500000, 1000000)]],
    "mcnemar": [[a, b, binomtest(min(a, b), a + b, 0.5).pvalue]
                for a, b in [(1, 0), (3, 9), (7, 7), (40, 75), (3000, 3300)]],
}, sys.stdout)
print()
