#!/usr/bin/python3
"""Makes three tables and what scikit-learn's nearest neighbours say about points around them.

Debian's python3-sklearn (1.2.1). Coordinates are multiples of a quarter and rows repeat, so that
equal distances are the rule. Each case: NAME.csv with the label in its last column, NAME.json with
what the model was (k, task, standardize, one_hot) and points: the row as it would be sent, the
answer, probabilities for classification, distances, and the leave-one-out figure.
"""
import csv
import json
import os
import numpy as np
from sklearn.model_selection import LeaveOneOut, cross_val_predict
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.preprocessing import OneHotEncoder, StandardScaler

here = os.path.dirname(os.path.abspath(__file__))


def case(name, header, rows, label, k, regression=False, standardize=False, texts=(), points=200):
    random = np.random.RandomState(len(name))
    with open(os.path.join(here, name + ".csv"), "w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        for row, y in zip(rows, label):
            writer.writerow(list(row) + [y])
    numbers = [i for i in range(len(rows[0])) if i not in texts]
    scaler = StandardScaler().fit(np.array([[float(r[i]) for i in numbers] for r in rows]))
    encoders = {i: OneHotEncoder(sparse_output=False).fit([[r[i]] for r in rows]) for i in texts}

    def prepared(some):
        scaled = np.array([[float(r[i]) for i in numbers] for r in some])
        if standardize:
            scaled = scaler.transform(scaled)
        columns = []
        for i in range(len(rows[0])):
            if i in encoders:
                columns.append(encoders[i].transform([[r[i]] for r in some]))
            else:
                at = numbers.index(i)
                columns.append(scaled[:, at:at + 1])
        return np.ascontiguousarray(np.hstack(columns))

    kind = KNeighborsRegressor if regression else KNeighborsClassifier
    model = kind(n_neighbors=k, algorithm="kd_tree").fit(prepared(rows), label)
    asked = []
    for i in range(points):
        row = list(rows[random.randint(len(rows))])
        if i % 3:
            for j in numbers:
                row[j] = float(row[j]) + random.randint(-4, 5) / 4.0
            for j in texts:
                row[j] = rows[random.randint(len(rows))][j]
        asked.append(row)
    x = prepared(asked)
    answers = model.predict(x)
    distances, neighbours = model.kneighbors(x)
    result = []
    for i, row in enumerate(asked):
        one = {"row": row, "distances": [float(d) for d in distances[i]],
               "neighbours": [int(n) for n in neighbours[i]]}
        if regression:
            one["value"] = float(answers[i])
        else:
            one["class"] = str(answers[i])
            one["probabilities"] = [float(p) for p in model.predict_proba(x[i:i + 1])[0]]
        result.append(one)
    told = cross_val_predict(kind(n_neighbors=k, algorithm="kd_tree"), prepared(rows), label,
                             cv=LeaveOneOut())
    label = np.array(label)
    about = {"k": k, "task": "regression" if regression else "classification",
             "standardize": standardize, "one_hot": bool(texts), "label": header[-1],
             "points": result}
    if regression:
        about["rmse"] = float(np.sqrt(np.mean((told - label) ** 2)))
        about["r2"] = float(1 - np.sum((told - label) ** 2) / np.sum((label - label.mean()) ** 2))
    else:
        about["accuracy"] = float(np.mean(told == label))
    with open(os.path.join(here, name + ".json"), "w") as file:
        json.dump(about, file)
        file.write("\n")


random = np.random.RandomState(8)

# Numbers as classes, on a grid: ties in distance and in votes.
grid = [[random.randint(0, 12) / 4, random.randint(0, 12) / 4, int(random.randint(0, 4))]
        for _ in range(300)]
grid += grid[:40]
classes = [int((r[0] + r[1] + random.randint(-2, 3) / 2) // 2) + 9 for r in grid]
case("grid", ["x", "y", "z", "class"], grid, classes, 4)

# A number to be told, of columns that differ in size.
flats = [[random.randint(20, 160), random.randint(1, 6), random.randint(0, 40) / 4,
          random.randint(1900, 2020)] for _ in range(250)]
flats += flats[:60]
rents = [r[0] * 9.5 + r[1] * 20 - r[2] * 7.25 + (r[3] - 1900) * 0.5 + random.randint(-80, 80) / 4
         for r in flats]
case("rent", ["size", "rooms", "km to centre", "built", "rent"], flats, rents, 5, regression=True,
     standardize=True)

# Texts beside numbers.
goods = [[["red", "green", "blue, dark"][random.randint(3)], random.randint(0, 8) / 4,
          ["S", "M", "L", "XL"][random.randint(4)]] for _ in range(200)]
sold = [["no", "yes"][int((g[0] == "red") + g[1] + (g[2] in "SM") + random.randint(0, 2) >= 3)]
        for g in goods]
case("goods", ["colour", "price", "size", "sold"], goods, sold, 5, texts=(0, 2))
