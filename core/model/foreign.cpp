#include "foreign.h"

#include <fmt/format.h>

namespace tepal {
namespace {

constexpr std::string_view kPickleNext =
    "export it instead: a scikit-learn model to ONNX with skl2onnx.to_onnx(model, X[:1]), XGBoost "
    "with model.save_model(\"model.json\"), LightGBM with "
    "model.booster_.save_model(\"model.txt\")";

struct Foreign
{
    bool (*is)(std::string_view bytes);
    std::string_view what;
    std::string_view next;
};

bool startsWith(std::string_view bytes, std::string_view head)
{
    return bytes.starts_with(head);
}

bool isPickle(std::string_view bytes)
{
    return bytes.size() > 2 && bytes[0] == '\x80' && bytes[1] >= 2 && bytes[1] <= 5;
}

bool isZipWith(std::string_view bytes, std::string_view name)
{
    // Names stand in the table of contents at the end, too.
    return startsWith(bytes, "PK\x03\x04") &&
           (bytes.substr(0, 4096).find(name) != bytes.npos ||
            bytes.substr(bytes.size() - std::min<std::size_t>(bytes.size(), 65536)).find(name) !=
                bytes.npos);
}

/// A protobuf whose first field is the version of the representation; the producer or a domain
/// follows somewhere near.
bool isOnnx(std::string_view bytes)
{
    if (bytes.size() < 8 || bytes[0] != '\x08' || bytes[1] < 1 || bytes[1] > 20)
        return false;
    return bytes[2] == '\x12' || bytes[2] == '\x3a' || bytes[2] == '\x42' || bytes[2] == '\x1a';
}

/// XGBoost's files before there was JSON: numbers, then the objective as a text.
bool isOldXgboost(std::string_view bytes)
{
    if (startsWith(bytes, "binf") || startsWith(bytes, "bs64"))
        return true;
    const std::string_view head = bytes.substr(0, 1024);
    return !startsWith(bytes, "{") && head.find('\0') != head.npos &&
           (head.find("gbtree") != head.npos || head.find("gblinear") != head.npos);
}

constexpr Foreign kForeign[] = {
    {[](std::string_view bytes) { return bytes.empty(); }, "is empty", "save the model again"},
    {[](std::string_view bytes) { return startsWith(bytes, "version https://git-lfs"); },
     "is only a pointer to a file in Git LFS", "fetch it with \"git lfs pull\""},
    {isPickle, "is a pickle, which is a program that would be run by reading it", kPickleNext},
    {[](std::string_view bytes) {
         return isZipWith(bytes, "data.pkl") || isZipWith(bytes, "constants.pkl");
     },
     "is a PyTorch model, which holds a pickle", "export it with torch.onnx.export()"},
    {[](std::string_view bytes) {
         // What joblib packs is a pickle: zlib, gzip, and LZMA's and bzip2's marks.
         return startsWith(bytes, "\x78\x9c") || startsWith(bytes, "\x78\x5e") ||
                startsWith(bytes, "\x78\xda") || startsWith(bytes, "ZF0x");
     },
     "is packed as joblib packs pickles, which are programs that would be run by reading them",
     kPickleNext},
    {[](std::string_view bytes) { return startsWith(bytes, "\x1f\x8b"); }, "is packed with gzip",
     "unpack it first"},
    {[](std::string_view bytes) { return startsWith(bytes, "\x89HDF"); },
     "is an HDF5 file, as Keras writes models", "convert it to ONNX with tf2onnx"},
    {[](std::string_view bytes) {
         return isZipWith(bytes, ".keras") || isZipWith(bytes, "model.weights.h5");
     },
     "is a Keras model", "convert it to ONNX with tf2onnx"},
    {[](std::string_view bytes) { return startsWith(bytes, "CBM1"); }, "is a CatBoost model",
     "export it with model.save_model(\"model.onnx\", format=\"onnx\")"},
    {isOldXgboost, "is in XGBoost's old binary format",
     "load it and save it again with save_model(\"model.json\")"},
    {isOnnx, "looks like an ONNX model, which this tepal cannot load",
     "see \"tepal models kinds\" for what it can"},
    {[](std::string_view bytes) {
         return startsWith(bytes, "[") && bytes.substr(0, 400).find("\"nodeid\"") != bytes.npos;
     },
     "is what XGBoost's dump_model() writes, which lacks what the sum begins with",
     "write it with save_model(\"model.json\")"},
    {[](std::string_view bytes) {
         return startsWith(bytes, "booster[") || startsWith(bytes, "0:[");
     },
     "is what XGBoost's dump_model() writes, which lacks what the sum begins with",
     "write it with save_model(\"model.json\")"},
    {[](std::string_view bytes) {
         return startsWith(bytes, "{") &&
                bytes.substr(0, 4096).find("\"num_tree_per_iteration\"") != bytes.npos;
     },
     "is what LightGBM's dump_model() writes", "write it with save_model(\"model.txt\")"},
    {[](std::string_view bytes) { return bytes.substr(0, 2048).find("<PMML") != bytes.npos; },
     "is PMML", "export the model to ONNX, or save XGBoost's and LightGBM's own files"},
};

} // namespace

Error foreignModel(std::string_view bytes, std::string_view name)
{
    for (const Foreign &one : kForeign) {
        if (one.is(bytes))
            return {ErrorCode::Unsupported, fmt::format("{} {}", name, one.what),
                    std::string(one.next)};
    }
    return {ErrorCode::Corrupt, fmt::format("{} is no model of a kind that is known", name),
            "see \"tepal models kinds\" for the files that can be read"};
}

} // namespace tepal
