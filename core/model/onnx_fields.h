/// The numbers of the fields of onnx.proto that are read or written here.
#pragma once

#include <cstdint>

namespace tepal::onnx::field {

inline constexpr std::uint32_t kModelIr = 1, kModelProducer = 2, kModelGraph = 7, kModelOpset = 8,
                               kModelFunctions = 25;
inline constexpr std::uint32_t kOpsetDomain = 1, kOpsetVersion = 2;
inline constexpr std::uint32_t kGraphNode = 1, kGraphInitializer = 5, kGraphInput = 11,
                               kGraphOutput = 12, kGraphSparse = 15;
inline constexpr std::uint32_t kFunctionNode = 7;
inline constexpr std::uint32_t kNodeInput = 1, kNodeOutput = 2, kNodeName = 3, kNodeOp = 4,
                               kNodeAttribute = 5, kNodeDomain = 7;
inline constexpr std::uint32_t kAttributeName = 1, kAttributeInt = 3, kAttributeTensor = 5,
                               kAttributeGraph = 6, kAttributeFloats = 7, kAttributeInts = 8,
                               kAttributeStrings = 9, kAttributeTensors = 10, kAttributeGraphs = 11,
                               kAttributeSparse = 22, kAttributeSparses = 23;
inline constexpr std::uint32_t kTensorDims = 1, kTensorType = 2, kTensorInt32 = 5,
                               kTensorStrings = 6, kTensorInt64 = 7, kTensorName = 8,
                               kTensorRaw = 9, kTensorExternal = 13, kTensorLocation = 14;
inline constexpr std::uint32_t kEntryKey = 1, kEntryValue = 2;
inline constexpr std::uint32_t kSparseValues = 1, kSparseIndices = 2;
inline constexpr std::uint32_t kInfoName = 1, kInfoType = 2;
inline constexpr std::uint32_t kTypeTensor = 1;
inline constexpr std::uint32_t kTensorTypeElement = 1, kTensorTypeShape = 2;
inline constexpr std::uint32_t kShapeDim = 1, kDimValue = 1, kDimName = 2;

} // namespace tepal::onnx::field
