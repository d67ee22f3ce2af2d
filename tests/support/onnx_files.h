/// ONNX files byte by byte, for tests: small models whose answers can be computed by hand.
#pragma once

#include <tepal/base/wire.h>

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace tepal::test::onnx {

using Strings = std::vector<std::string>;
using Ints = std::vector<std::int64_t>;
using Floats = std::vector<float>;

enum Element : std::uint64_t {
    Float = 1,
    Int32 = 6,
    Int64 = 7,
    String = 8,
    Bool = 9,
    Half = 10,
    Double = 11
};
inline constexpr std::int64_t kAny = -1;

inline std::string field(std::uint32_t number, std::string_view bytes)
{
    std::string out;
    wire::Writer(out).bytes(number, bytes);
    return out;
}
inline std::string field(std::uint32_t number, std::int64_t value)
{
    std::string out;
    wire::Writer(out).int64(number, value);
    return out;
}

inline std::string ints(std::string_view name, const Ints &values)
{
    std::string out = field(1, name);
    for (const std::int64_t value : values)
        out += field(8, value);
    return field(5, out + field(20, std::int64_t{7}));
}
inline std::string strings(std::string_view name, const Strings &values)
{
    std::string out = field(1, name);
    for (const std::string &value : values)
        out += field(9, value);
    return field(5, out + field(20, std::int64_t{8}));
}
inline std::string floats(std::string_view name, const Floats &values)
{
    std::string packed(values.size() * sizeof(float), '\0');
    std::memcpy(packed.data(), values.data(), packed.size());
    return field(5, field(1, name) + field(7, packed) + field(20, std::int64_t{6}));
}
inline std::string text(std::string_view name, std::string_view value)
{
    return field(5, field(1, name) + field(4, value) + field(20, std::int64_t{3}));
}
inline std::string number(std::string_view name, std::int64_t value)
{
    return field(5, field(1, name) + field(3, value) + field(20, std::int64_t{2}));
}
inline std::string real(std::string_view name, float value)
{
    std::string out = field(1, name);
    out += static_cast<char>((2 << 3) | 5);
    out.append(reinterpret_cast<const char *>(&value), sizeof value);
    return field(5, out + field(20, std::int64_t{1}));
}
inline std::string body(std::string_view name, std::string_view graph)
{
    return field(5, field(1, name) + field(6, graph) + field(20, std::int64_t{5}));
}

/// Fields of a graph.
inline std::string node(std::string_view op, const Strings &in, const Strings &out,
                        const std::string &attributes = {}, std::string_view domain = "")
{
    std::string bytes;
    for (const std::string &name : in)
        bytes += field(1, name);
    for (const std::string &name : out)
        bytes += field(2, name);
    return field(1, bytes + field(4, op) + attributes + field(7, domain));
}
inline std::string info(std::uint32_t number, std::string_view name, std::uint64_t element,
                        const Ints &dims)
{
    std::string shape;
    for (const std::int64_t dim : dims)
        shape += field(1, dim < 0 ? std::string() : field(1, dim));
    const std::string tensor = field(1, static_cast<std::int64_t>(element)) + field(2, shape);
    return field(number, field(1, name) + field(2, field(1, tensor)));
}
inline std::string input(std::string_view name, std::uint64_t element, const Ints &dims)
{
    return info(11, name, element, dims);
}
inline std::string output(std::string_view name, std::uint64_t element, const Ints &dims)
{
    return info(12, name, element, dims);
}
/// sequence(map(key → float))
inline std::string maps(std::string_view name, std::uint64_t key)
{
    const std::string value = field(1, field(1, std::int64_t{Float}));
    const std::string map = field(1, static_cast<std::int64_t>(key)) + field(2, value);
    return field(12, field(1, name) + field(2, field(4, field(1, field(5, map)))));
}
inline std::string constant(std::string_view name, std::uint64_t element, const Ints &dims,
                            std::string_view raw)
{
    std::string bytes;
    for (const std::int64_t dim : dims)
        bytes += field(1, dim);
    bytes += field(2, static_cast<std::int64_t>(element)) + field(8, name) + field(9, raw);
    return field(5, bytes);
}

/// A constant whose bytes lie in another file.
inline std::string outside(std::string_view name, const Ints &dims, std::string_view location,
                           std::string_view offset = "", std::string_view length = "")
{
    std::string bytes;
    for (const std::int64_t dim : dims)
        bytes += field(1, dim);
    bytes += field(2, std::int64_t{Float}) + field(8, name);
    const auto entry = [&](std::string_view key, std::string_view value) {
        if (!value.empty())
            bytes += field(13, field(1, key) + field(2, value));
    };
    entry("location", location);
    entry("offset", offset);
    entry("length", length);
    return field(5, bytes + field(14, std::int64_t{1}));
}

struct Versions
{
    std::int64_t ir = 7;
    std::int64_t opset = 15;
    std::int64_t ml = 2;
};
inline std::string model(const std::string &graph, const Versions &versions = {})
{
    return field(1, versions.ir) + field(2, "tepal-tests") + field(7, field(2, "g") + graph) +
           field(8, field(1, "") + field(2, versions.opset)) +
           field(8, field(1, "ai.onnx.ml") + field(2, versions.ml));
}

/// Three classes by four features, softmax.
inline const Floats kCoefficients{0.2f, 1.1f,  -1.9f, -0.8f, 0.3f, -0.7f,
                                  0.2f, -0.5f, -0.5f, -0.4f, 1.7f, 1.3f};
inline const Floats kIntercepts{2.0f, 1.25f, -3.25f};

inline std::string classifier(const std::string &labels, std::string_view transform = "SOFTMAX",
                              std::string_view from = "X")
{
    return node("LinearClassifier", {std::string(from)}, {"label", "p"},
                labels + floats("coefficients", kCoefficients) + floats("intercepts", kIntercepts) +
                    number("multi_class", 1) + text("post_transform", transform),
                "ai.onnx.ml");
}
inline std::string numberLabels()
{
    return ints("classlabels_ints", {10, 20, 30});
}
inline std::string textLabels()
{
    return strings("classlabels_strings", {"low", "mid", "high"});
}

/// Label and scores as tensors.
inline std::string plainClassifier(bool texts = false, std::string_view transform = "SOFTMAX",
                                   std::int64_t rows = kAny)
{
    return model(classifier(texts ? textLabels() : numberLabels(), transform) +
                 input("X", Float, {rows, 4}) + output("label", texts ? String : Int64, {rows}) +
                 output("p", Float, {rows, 3}));
}
/// As scikit-learn's converter writes it.
inline std::string zippedClassifier(bool texts)
{
    const std::string labels = texts ? strings("classlabels_strings", {"low", "mid", "high"})
                                     : ints("classlabels_int64s", {10, 20, 30});
    return model(classifier(texts ? textLabels() : numberLabels()) +
                 node("ZipMap", {"p"}, {"scores"}, labels, "ai.onnx.ml") +
                 input("X", Float, {kAny, 4}) + output("label", texts ? String : Int64, {kAny}) +
                 maps("scores", texts ? String : Int64));
}
inline std::string linear(const Floats &coefficients, float intercept, std::string_view from = "X")
{
    return node("LinearRegressor", {std::string(from)}, {"y"},
                floats("coefficients", coefficients) + floats("intercepts", {intercept}),
                "ai.onnx.ml");
}
inline std::string regression(std::int64_t width = 3)
{
    return model(linear({0.5f, -2.0f, 4.0f}, 1.5f) + input("X", Float, {kAny, width}) +
                 output("y", Float, {kAny, 1}));
}
/// Two numbers for each row: ½·f0 − 2·f1 + 4·f2 + 1½ and f0 + f1 − 1.
inline std::string twoNumbers()
{
    return node("LinearRegressor", {"X"}, {"y"},
                floats("coefficients", {0.5f, -2.0f, 4.0f, 1.0f, 1.0f, 0.0f}) +
                    floats("intercepts", {1.5f, -1.0f}) + number("targets", 2),
                "ai.onnx.ml");
}
inline std::string twoTargets(std::int64_t rows = kAny)
{
    return model(twoNumbers() + input("X", Float, {rows, 3}) + output("y", Float, {rows, 2}));
}
/// Texts, numbers and whole numbers, each an input: 10·town + age − visits, with Cork 1, Sligo 2
/// and any other town 0.
inline std::string columns()
{
    return model(node("LabelEncoder", {"town"}, {"t"},
                      strings("keys_strings", {"Cork", "Sligo"}) + floats("values_floats", {1, 2}) +
                          real("default_float", 0),
                      "ai.onnx.ml") +
                 node("Cast", {"visits"}, {"v"}, number("to", Float)) +
                 node("Concat", {"t", "age", "v"}, {"all"}, number("axis", 1)) +
                 linear({10, 1, -1}, 0, "all") + input("town", String, {kAny, 1}) +
                 input("age", Float, {kAny, 1}) + input("visits", Int64, {kAny, 1}) +
                 output("y", Float, {kAny, 1}));
}
/// A body that says to go on, for ever.
inline std::string endless()
{
    const std::string body = node("Identity", {"c_in"}, {"c_out"}) +
                             node("Identity", {"x_in"}, {"x_out"}) + field(2, "body") +
                             input("i", Int64, {}) + input("c_in", Bool, {}) +
                             input("x_in", Float, {kAny, 1}) + output("c_out", Bool, {}) +
                             output("x_out", Float, {kAny, 1});
    return model(constant("yes", Bool, {}, std::string("\1", 1)) +
                 node("Loop", {"", "yes", "X"}, {"y"}, onnx::body("body", body)) +
                 input("X", Float, {kAny, 1}) + output("y", Float, {kAny, 1}));
}

} // namespace tepal::test::onnx
