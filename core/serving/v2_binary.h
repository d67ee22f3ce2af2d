/// Tensors as bytes, one after another behind the JSON: the binary data extension of the Open
/// Inference Protocol. Little-endian, row-major, without padding; a BYTES element is preceded by
/// its length in four bytes.
#pragma once

#include <tepal/base/result.h>
#include <tepal/base/value.h>

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tepal::serving {

/// Whether the protocol has such a datatype: `FP64`, `BYTES`, ….
bool isDatatype(std::string_view datatype);

/// `count` elements out of exactly `bytes`. Texts point into them. InvalidArgument, without the
/// tensor's name, where sizes do not add up or a text is not UTF-8.
Status readElements(std::string_view datatype, std::string_view bytes, std::size_t count,
                    std::vector<Value> &out);

void appendElement(std::string &out, double value);
void appendElement(std::string &out, std::string_view text);

} // namespace tepal::serving
