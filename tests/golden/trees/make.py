#!/usr/bin/python3
"""Makes the cases xgboost_made_*: run by Debian's python3-xgboost (1.7.4), small on purpose.

Each folder gets model.json, model.ubj, input.csv (nan = missing) and expected.txt, what
Booster.predict() says (tab between classes). The other cases come from elsewhere and stay.
"""
import os
import numpy as np
import xgboost as xgb

here = os.path.dirname(os.path.abspath(__file__))


def data(seed, rows=400):
    random = np.random.RandomState(seed)
    x = random.normal(size=(rows, 4)).astype(np.float32).astype(float)
    signal = x[:, 0] - 0.5 * x[:, 1] + x[:, 2] * x[:, 3]
    x[random.uniform(size=x.shape) < 0.1] = np.nan
    return x, signal, random


def case(name, objective, label, names=None, rounds=12, **parameters):
    x, signal, random = data(sum(map(ord, name)))
    settings = dict(objective=objective, max_depth=4, eta=0.3, seed=1, nthread=1, **parameters)
    train = xgb.DMatrix(x, label=label(signal, random), feature_names=names)
    model = xgb.train(settings, train, rounds)
    folder = os.path.join(here, "xgboost_made_" + name)
    os.makedirs(folder, exist_ok=True)
    model.save_model(os.path.join(folder, "model.json"))
    model.save_model(os.path.join(folder, "model.ubj"))
    shown = x[:40]
    out = model.predict(xgb.DMatrix(shown, feature_names=names))
    if objective == "multi:softmax":  # The file holds the sums; the class alone is what this says.
        out = out.reshape(-1, 1)
    out = out.reshape(len(shown), -1)
    with open(os.path.join(folder, "input.csv"), "w") as file:
        file.write(",".join(names or ["f0", "f1", "f2", "f3"]) + "\n")
        for row in shown:
            file.write(",".join(repr(float(v)) for v in row) + "\n")
    with open(os.path.join(folder, "expected.txt"), "w") as file:
        for row in out:
            file.write("\t".join("%.9g" % v for v in row) + "\n")


def three(signal, _):
    return np.digitize(signal, [-0.7, 0.7])


case("poisson", "count:poisson", lambda s, r: r.poisson(np.exp(s / 3)), base_score=0.7)
case("gamma", "reg:gamma", lambda s, r: np.exp(s / 3) + 0.1)
case("tweedie", "reg:tweedie", lambda s, r: np.maximum(0, s), base_score=0.9)
case("logistic", "binary:logistic", lambda s, r: s > 0, names=["sepal length", "b", "c", "d"],
     base_score=0.3)
case("reglogistic", "reg:logistic", lambda s, r: 1 / (1 + np.exp(-s)))
case("dart", "reg:squarederror", lambda s, r: s, booster="dart", rate_drop=0.3, base_score=1.5)
case("dart_three", "multi:softprob", three, booster="dart", rate_drop=0.3, num_class=3)
case("softmax", "multi:softmax", three, num_class=3)
case("forest", "multi:softprob", three, num_class=3, num_parallel_tree=3, subsample=0.7, rounds=3)
case("absolute", "reg:absoluteerror", lambda s, r: s)
case("huber", "reg:pseudohubererror", lambda s, r: s)
case("rank", "rank:pairwise", lambda s, r: three(s, r))
