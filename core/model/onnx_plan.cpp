#include "onnx_plan.h"

#include "kind_list.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace tepal::onnx {
namespace {

constexpr std::size_t kMaxFeatures = 100'000;
constexpr std::size_t kMaxClasses = 10'000;
constexpr std::size_t kMaxTargets = 100; ///< More are no answers but what something else reads.
constexpr std::size_t kMaxCells = 10'000'000; ///< Values that a file may want at once.

bool isLabel(const Port &port)
{
    const bool flat = port.dims.size() == 1 || (port.dims.size() == 2 && port.dims[1] == 1);
    return flat && port.isTensor({Element::Int64, Element::Int32, Element::String, Element::Bool});
}

bool isNumbers(const Port &port)
{
    return port.isTensor({Element::Float, Element::Double});
}

/// One number a row.
bool isValue(const Port &port)
{
    return isNumbers(port) &&
           (port.dims.size() == 1 || (port.dims.size() == 2 && port.dims[1] == 1));
}

/// Several numbers a row; how many the file may leave open.
bool isScores(const Port &port)
{
    return (isNumbers(port) && port.dims.size() == 2 && port.dims[1] != 1) ||
           (port.kind == Kind::Sequence && (port.key == static_cast<int>(Element::Int64) ||
                                            port.key == static_cast<int>(Element::String)));
}

/// Of any kind of number, so many for each row.
bool isAnswers(const Port &port)
{
    return port.isTensor({Element::Float, Element::Double, Element::Int64, Element::Int32}) &&
           (port.dims.size() == 1 || (port.dims.size() == 2 && port.dims[1] > 0));
}

std::string listed(const std::vector<Port> &ports)
{
    std::string out;
    for (std::size_t i = 0; i < std::min<std::size_t>(ports.size(), 8); ++i)
        out += fmt::format("{}\"{}\" ({})", i > 0 ? ", " : "", ports[i].name, ports[i].text());
    if (ports.size() > 8)
        out += fmt::format(" and {} more", ports.size() - 8);
    return out;
}

Status planInput(const Port &port, const FileFacts &facts, std::size_t named, bool only, Plan &plan)
{
    if (!port.isTensor(
            {Element::Float, Element::Double, Element::Int64, Element::Int32, Element::String}))
        return fail(ErrorCode::Unsupported,
                    fmt::format("the input \"{}\" is a {}", port.name, port.text()),
                    "inputs can be tensors of float, double, int64, int32 or string");
    if (port.dims.empty() || port.dims.size() > 2)
        return fail(
            ErrorCode::Unsupported,
            fmt::format("the input \"{}\" is a {}, which is no table", port.name, port.text()),
            "inputs can be one row of features each, [?,n]");
    const bool other =
        plan.batch > 0 && port.dims[0] > 0 && static_cast<std::size_t>(port.dims[0]) != plan.batch;
    if (port.dims[0] == 0 || other)
        return fail(ErrorCode::Unsupported,
                    fmt::format("the input \"{}\" takes exactly {} rows at once{}", port.name,
                                port.dims[0],
                                other ? fmt::format(", another {}", plan.batch) : std::string()),
                    "export the model with a free first dimension");
    InputPlan input{port.name, static_cast<Element>(port.element), 1, port.dims.size() == 1};
    const auto known = std::find_if(facts.widths.begin(), facts.widths.end(),
                                    [&](const auto &each) { return each.first == port.name; });
    if (!input.column && port.dims[1] >= 0) {
        input.width = static_cast<std::size_t>(port.dims[1]);
    } else if (!input.column && known != facts.widths.end()) {
        input.width = known->second;
    } else if (!input.column) {
        std::size_t least = 0;
        for (const auto &[name, width] : facts.leastWidths)
            least = name == port.name ? std::max(least, width) : least;
        if (only && named > 0 && named < least)
            return fail(ErrorCode::InvalidArgument,
                        fmt::format("{} features were named, but the model's trees ask for {}",
                                    named, least),
                        "name them all, in their order");
        if ((named == 0 || !only) && least > 0) {
            plan.notes.push_back(
                fmt::format("the file does not say how many features \"{}\" takes: its trees ask "
                            "for the first {}",
                            port.name, least));
            named = least;
        } else if (!only || named == 0)
            return fail(
                ErrorCode::Unsupported,
                fmt::format("the file does not say how many features \"{}\" takes", port.name),
                "name them in their order with --features");
        input.width = named;
    }
    if (known != facts.widths.end() && known->second != input.width)
        return fail(ErrorCode::Corrupt,
                    fmt::format("the input \"{}\" has {} features, but the model has coefficients "
                                "for {}",
                                port.name, input.width, known->second),
                    "export the model again");
    if (input.width == 0 || plan.places.size() + input.width > kMaxFeatures)
        return fail(ErrorCode::Unsupported,
                    fmt::format("the input \"{}\" has {} features", port.name, input.width),
                    fmt::format("a model can have 1 to {}", kMaxFeatures));
    if (port.dims[0] > 0)
        plan.batch = static_cast<std::size_t>(port.dims[0]);
    if (plan.batch > kMaxCells / input.width)
        return fail(ErrorCode::Unsupported,
                    fmt::format("the input \"{}\" takes exactly {} rows of {} at once", port.name,
                                plan.batch, input.width),
                    "export the model with a free first dimension");
    for (std::size_t i = 0; i < input.width; ++i)
        plan.places.push_back({plan.inputs.size(), i});
    plan.inputs.push_back(std::move(input));
    return {};
}

/// A description in an order of its own, of columns that the file names itself: types go where
/// their names are.
ImportNames ordered(const ImportNames &names, const std::vector<Feature> &features, Plan &plan)
{
    ImportNames own = names;
    own.features.clear();
    own.types.clear();
    for (const Feature &feature : features) {
        const auto at = std::find(names.features.begin(), names.features.end(), feature.name);
        if (at == names.features.end() || names.features.size() != features.size()) {
            plan.notes.emplace_back("the description beside the file names other columns than the "
                                    "model, whose own names are used");
            own.features.clear();
            own.types.clear();
            return own;
        }
        own.features.push_back(feature.name);
        const auto index = static_cast<std::size_t>(at - names.features.begin());
        // What the model takes is what it says itself; only that a number is whole is news.
        const bool text = feature.type == FeatureType::Text;
        const bool whole = index < names.types.size() && names.types[index] == FeatureType::Integer;
        own.types.push_back(text    ? FeatureType::Text
                            : whole ? FeatureType::Integer
                                    : FeatureType::Number);
    }
    return own;
}

Status nameInputs(const ImportNames &given, Plan &plan)
{
    auto &features = plan.signature.features;
    const bool alone = std::all_of(plan.inputs.begin(), plan.inputs.end(),
                                   [](const InputPlan &input) { return input.width == 1; });
    const ImportNames names =
        given.described && !given.features.empty() && alone && plan.inputs.size() > 1
            ? ordered(given, features, plan)
            : given;
    if (auto counted = checkFeatureNames(names, features.size()); !counted)
        return counted;
    for (std::size_t i = 0; i < names.features.size(); ++i)
        features[i].name = names.features[i];
    for (std::size_t i = 0; i < names.types.size(); ++i) {
        Feature &feature = features[i];
        const bool text = names.types[i] == FeatureType::Text;
        if (text != (feature.type == FeatureType::Text))
            return fail(ErrorCode::InvalidArgument,
                        fmt::format("{} is said to be {}, but the model takes {} for it",
                                    feature.name, featureTypeName(names.types[i]),
                                    featureTypeName(feature.type)));
        if (names.types[i] == FeatureType::Integer)
            feature.type = FeatureType::Integer;
    }
    return {};
}

/// The output of that name, which has to be of a kind.
Result<std::size_t> named(const std::vector<Port> &ports, const std::vector<Unwrapped> &unwrapped,
                          std::string_view name, const char *option)
{
    for (const Unwrapped &each : unwrapped)
        name = each.output == name ? std::string_view(each.tensor) : name;
    for (std::size_t i = 0; i < ports.size(); ++i) {
        if (ports[i].name == name)
            return i;
    }
    return fail(ErrorCode::InvalidArgument,
                fmt::format("{} names \"{}\", which is no output of the model", option, name),
                "it has " + listed(ports));
}

Status chooseOutputs(const std::vector<Port> &ports, const std::vector<Unwrapped> &unwrapped,
                     const ImportNames &names, Plan &plan)
{
    if (!names.label.empty()) {
        const auto at = named(ports, unwrapped, names.label, "--label");
        if (!at)
            return tl::unexpected(at.error());
        if (!isLabel(ports[*at]))
            return fail(
                ErrorCode::InvalidArgument,
                fmt::format("--label names \"{}\", which is a {}", names.label, ports[*at].text()),
                "a label is one whole number or text a row");
        plan.label = *at;
    }
    if (!names.scores.empty()) {
        const auto at = named(ports, unwrapped, names.scores, "--scores");
        if (!at)
            return tl::unexpected(at.error());
        if (!isScores(ports[*at]) && !isValue(ports[*at]))
            return fail(ErrorCode::InvalidArgument,
                        fmt::format("--scores names \"{}\", which is a {}", names.scores,
                                    ports[*at].text()),
                        "scores are numbers, one for each class, or the one of a regression");
        plan.scores = *at;
    }
    const auto first = [&](auto is) {
        const auto at = std::find_if(ports.begin(), ports.end(), is);
        return at == ports.end() ? std::optional<std::size_t>()
                                 : std::optional(static_cast<std::size_t>(at - ports.begin()));
    };
    if (!plan.label && names.scores.empty())
        plan.label = first(isLabel);
    if (!plan.label && !names.scores.empty() && isScores(ports[*plan.scores]))
        plan.label = first(isLabel);
    if (!plan.scores)
        plan.scores = first(isScores);
    if (!plan.scores && !plan.label)
        plan.scores = first(isValue);
    if (!plan.label && !plan.scores)
        plan.scores = first(isAnswers);
    if (!plan.label && !plan.scores)
        return fail(ErrorCode::Unsupported,
                    "no output of the model is a label, scores of classes or a number: it has " +
                        listed(ports),
                    "export it with one row of such outputs for each row of inputs");
    return {};
}

void noteUnused(const std::vector<Port> &ports, Plan &plan)
{
    for (std::size_t i = 0; i < ports.size(); ++i) {
        const bool target = std::any_of(plan.targets.begin(), plan.targets.end(),
                                        [&](const Target &each) { return each.output == i; });
        if (plan.label != i && plan.scores != i && !target)
            plan.notes.push_back(
                fmt::format("the output \"{}\" ({}) is not used", ports[i].name, ports[i].text()));
    }
}

std::size_t widthOf(const Port &port)
{
    return port.dims.size() == 2 ? static_cast<std::size_t>(port.dims[1]) : 1;
}

/// What the numbers are logged as. What is called output is known as one, here and at WhyLabs.
std::vector<std::string> targetNames(const std::vector<Port> &ports,
                                     const std::vector<Target> &targets)
{
    std::vector<std::string> names;
    for (const Target &target : targets) {
        const std::string of = targets.size() == 1
                                   ? std::string(kValueOutput)
                                   : fmt::format("{}_{}", kValueOutput, ports[target.output].name);
        for (std::size_t i = 0; i < target.width; ++i)
            names.push_back(target.width == 1 ? of : fmt::format("{}_{}", of, i));
    }
    return names;
}

Status nameTargets(const std::vector<Port> &ports, const ImportNames &names, Plan &plan)
{
    auto &outputs = plan.signature.outputs;
    outputs = targetNames(ports, plan.targets);
    const bool counted = names.targets.size() == outputs.size() && outputs.size() > 1;
    if (!names.targets.empty() && !counted && !names.described)
        return fail(ErrorCode::InvalidArgument,
                    fmt::format("--outputs names {} numbers, but the model answers {}",
                                names.targets.size(), outputs.size()),
                    outputs.size() == 1 ? std::string("leave it away: one number is called output")
                                        : std::string("name each, in the model's order"));
    for (std::size_t i = 0; i < outputs.size() && counted; ++i)
        outputs[i] = fmt::format("{}_{}", kValueOutput, names.targets[i]);
    auto sorted = outputs;
    std::sort(sorted.begin(), sorted.end());
    if (const auto twice = std::adjacent_find(sorted.begin(), sorted.end()); twice != sorted.end())
        return fail(ErrorCode::InvalidArgument,
                    fmt::format("two of the model's answers are called \"{}\"", *twice),
                    "name them with --outputs");
    return {};
}

/// Every output that is numbers, unless one was chosen.
Status planTargets(const std::vector<Port> &ports, const ImportNames &names, Plan &plan)
{
    const std::size_t chosen = *plan.scores;
    plan.scores.reset();
    std::size_t count = 0;
    for (std::size_t i = 0; i < ports.size(); ++i) {
        const bool only = plan.oneNumber || !names.scores.empty();
        if (only ? i != chosen : !isAnswers(ports[i]))
            continue;
        plan.targets.push_back({i, widthOf(ports[i])});
        count += plan.targets.back().width;
    }
    if (count > kMaxTargets)
        return fail(ErrorCode::Unsupported,
                    fmt::format("the model answers {} numbers for a row and no label", count),
                    fmt::format("if these are scores of classes, name them in their order with "
                                "--classes; of other answers there can be {}",
                                kMaxTargets));
    plan.form = ScoreForm::Tensor;
    plan.signature.task = Task::Regression;
    if (auto named = nameTargets(ports, names, plan); !named)
        return named;
    const auto &outputs = plan.signature.outputs;
    if (count > 1 && names.targets.empty())
        plan.notes.push_back(fmt::format(
            "the {} numbers that it answers for a row are called {} … {}; name them with "
            "--outputs, or with --classes if they are scores of classes",
            count, outputs.front(), outputs.back()));
    return {};
}

bool wholeNumber(const std::string &text, std::int64_t &number)
{
    const auto end = text.data() + text.size();
    const auto read = std::from_chars(text.data(), end, number);
    return read.ec == std::errc() && read.ptr == end;
}

/// The labels as the file has them, in the order of the scores; empty where it does not say.
std::vector<std::string> codesOf(const std::vector<Port> &ports, const FileFacts &facts,
                                 const std::vector<Unwrapped> &unwrapped, std::size_t width,
                                 const Plan &plan)
{
    std::vector<std::string> codes;
    for (const Unwrapped &each : unwrapped) {
        if (!plan.scores || ports[*plan.scores].name != each.tensor)
            continue;
        codes = each.classes;
        // Maps that are read come sorted by key; the order of the file is the model's own.
        if (each.output == each.tensor && codes.size() == facts.classes.size() &&
            std::is_permutation(codes.begin(), codes.end(), facts.classes.begin()))
            codes = facts.classes;
    }
    if (codes.empty())
        codes = facts.classes;
    const bool bools = plan.label && ports[*plan.label].isTensor({Element::Bool});
    if (codes.empty() && bools && (width == 0 || width == 2))
        codes = {"0", "1"};
    if (width != 0 && codes.size() != width)
        codes.clear();
    return codes;
}

Status planClasses(const std::vector<Port> &ports, const FileFacts &facts,
                   const std::vector<Unwrapped> &unwrapped, const ImportNames &names, Plan &plan)
{
    // As many as there are scores, where that is known.
    std::size_t width = 0;
    if (plan.scores && ports[*plan.scores].kind == Kind::Tensor && ports[*plan.scores].dims[1] > 0)
        width = static_cast<std::size_t>(ports[*plan.scores].dims[1]);
    const bool texts = plan.label && ports[*plan.label].isTensor({Element::String});
    const bool bools = plan.label && ports[*plan.label].isTensor({Element::Bool});
    if (!plan.label && names.classes.empty() && plan.form != ScoreForm::Maps &&
        codesOf(ports, facts, unwrapped, width, plan).empty())
        return fail(ErrorCode::Unsupported,
                    fmt::format("the model answers \"{}\" ({}) and no label",
                                ports[*plan.scores].name, ports[*plan.scores].text()),
                    "if these are scores of classes, name them in their order with --classes");
    std::vector<std::string> codes = codesOf(ports, facts, unwrapped, width, plan);
    std::int64_t ignored = 0;
    // Names that are whole numbers are the labels themselves: -1 and 1 of outliers.
    if (codes.empty() && !names.classes.empty() &&
        (texts || std::all_of(names.classes.begin(), names.classes.end(),
                              [&](const std::string &name) { return wholeNumber(name, ignored); })))
        codes = names.classes;
    const std::size_t count = !codes.empty()           ? codes.size()
                              : width > 0              ? width
                              : !names.classes.empty() ? names.classes.size()
                                                       : 0;
    if (count == 1)
        return fail(ErrorCode::Unsupported,
                    fmt::format("the model knows one class only{}, and answers it for every row",
                                codes.empty() ? std::string() : ", \"" + codes[0] + "\""),
                    "train it on rows of at least two classes");
    if (count < 2 || count > kMaxClasses)
        return fail(ErrorCode::Unsupported,
                    count == 0 ? std::string("the file does not list the classes that the model "
                                             "tells apart")
                               : fmt::format("the model tells {} classes apart", count),
                    count == 0 ? "name them in the order of their codes with --classes"
                               : fmt::format("it can be 2 to {}", kMaxClasses));
    if (texts && codes.empty())
        return fail(ErrorCode::Unsupported,
                    "the file does not list the texts that the model answers",
                    "name them in the order of its scores with --classes");
    if (!names.classes.empty() && names.classes.size() != count)
        return fail(
            ErrorCode::InvalidArgument,
            fmt::format("{} classes were named, but the model has {}", names.classes.size(), count),
            "name every class, in the order of their codes");
    const bool guessed = codes.empty();
    for (std::size_t i = codes.size(); i < count; ++i)
        codes.push_back(std::to_string(i));
    for (std::size_t i = 0; i < count; ++i) {
        std::int64_t number = 0;
        if (!texts && wholeNumber(codes[i], number))
            plan.index.byNumber.emplace(number, static_cast<std::uint32_t>(i));
        plan.index.byText.emplace(codes[i], static_cast<std::uint32_t>(i));
    }
    auto &classes = plan.signature.classes;
    classes = !names.classes.empty() ? names.classes
              : bools                ? std::vector<std::string>{"false", "true"}
                                     : codes;
    if (names.classes.empty() && guessed)
        plan.notes.push_back(fmt::format(
            "the file does not list its classes: they are called {} … {}; name them in the order "
            "of their codes with --classes",
            classes.front(), classes.back()));
    return {};
}

} // namespace

Status planInputs(const Session &session, const FileFacts &facts, const ImportNames &names,
                  Plan &plan)
{
    const auto &ports = session.inputs();
    if (ports.empty())
        return fail(ErrorCode::Unsupported, "the model has no inputs",
                    "export it with the features as inputs");
    for (const Port &port : ports) {
        if (auto done = planInput(port, facts, names.features.size(), ports.size() == 1, plan);
            !done)
            return done;
    }
    bool guessed = false;
    for (const InputPlan &input : plan.inputs) {
        for (std::size_t i = 0; i < input.width; ++i) {
            Feature feature;
            guessed = guessed || input.width > 1;
            feature.name = input.width == 1    ? input.name
                           : ports.size() == 1 ? fmt::format("f{}", i)
                                               : fmt::format("{}_{}", input.name, i);
            if (input.element == Element::Int64 || input.element == Element::Int32)
                feature.type = FeatureType::Integer;
            if (input.element == Element::String) {
                feature.type = FeatureType::Text;
                // An empty text is what these models are taught a missing one with.
                feature.missing = true;
                plan.texts = true;
            } else if (input.element == Element::Float || input.element == Element::Double) {
                feature.missing = facts.takesMissing;
            }
            plan.signature.features.push_back(std::move(feature));
        }
    }
    if (guessed && names.features.empty())
        plan.notes.push_back(fmt::format(
            "the file does not name its features: they are called {} … {}; name them in the "
            "model's order with --features",
            plan.signature.features.front().name, plan.signature.features.back().name));
    return nameInputs(names, plan);
}

Status planOutputs(const std::vector<Port> &shapes, const FileFacts &facts,
                   const std::vector<Unwrapped> &unwrapped, const ImportNames &names, Plan &plan)
{
    if (auto chosen = chooseOutputs(shapes, unwrapped, names, plan); !chosen)
        return chosen;
    if (!plan.label && isValue(shapes[*plan.scores]) && !names.classes.empty())
        return fail(ErrorCode::InvalidArgument,
                    fmt::format("classes were named, but the model answers one number, \"{}\"",
                                shapes[*plan.scores].name),
                    "leave --classes away, or export it with one score for each class");
    const bool numbers = !plan.label && isAnswers(shapes[*plan.scores]) && names.classes.empty();
    if (numbers &&
        (isValue(shapes[*plan.scores]) || !isNumbers(shapes[*plan.scores]) ||
         (!plan.oneNumber &&
          codesOf(shapes, facts, unwrapped, widthOf(shapes[*plan.scores]), plan).empty()))) {
        auto planned = planTargets(shapes, names, plan);
        noteUnused(shapes, plan);
        return planned;
    }
    noteUnused(shapes, plan);
    if (!names.targets.empty() && !names.described)
        return fail(ErrorCode::InvalidArgument,
                    "--outputs names numbers, but the model answers classes",
                    "leave it away, or say with --scores which output is the numbers");
    if (plan.scores && isValue(shapes[*plan.scores]))
        return fail(ErrorCode::Unsupported,
                    fmt::format("the scores \"{}\" are one number a row, which does not say of "
                                "which class",
                                shapes[*plan.scores].name),
                    "export the model with one score for each class");
    if (plan.scores)
        plan.form = shapes[*plan.scores].kind == Kind::Tensor ? ScoreForm::Tensor : ScoreForm::Maps;
    return planClasses(shapes, facts, unwrapped, names, plan);
}

} // namespace tepal::onnx
