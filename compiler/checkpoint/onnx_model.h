/// Builder of ONNX models: nodes, constants, one input, one output (github.com/onnx/onnx,
/// onnx/onnx.proto, IR version 7, operator set 13).
///
/// The messages are few and fixed, so that a writer of the wire format takes the place of the
/// protobuf and onnx libraries and their code generator.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "compiler/checkpoint/protobuf.h"

namespace permloom {

/// Name and value of a node's attribute.
struct OnnxAttribute {
    std::string name;
    std::variant<int64_t, float, std::string, std::vector<int64_t>> value;
};

class OnnxModel {
  public:
    /// `metadata`: keys and values of the file.
    OnnxModel(std::string name, std::vector<std::pair<std::string, std::string>> metadata);

    /// Float tensors whose first axis, the images, is left open.
    void input(const std::string& name, const std::vector<int64_t>& shape);
    void output(const std::string& name, const std::vector<int64_t>& shape);
    /// A constant; returns its name.
    std::string constant(const std::string& name, std::span<const float> values,
                         const std::vector<int64_t>& shape);
    std::string constant(const std::string& name, const std::vector<int64_t>& values);
    /// Adds an operation and returns the name of its result, which is `result` or, where that is
    /// empty, made up.
    std::string node(const std::string& operation, const std::vector<std::string>& inputs,
                     const std::vector<OnnxAttribute>& attributes = {},
                     const std::string& result = {});

    std::vector<uint8_t> bytes() const;

  private:
    void tensor(const std::string& name, int64_t type, std::span<const uint8_t> values,
                const std::vector<int64_t>& shape);

    std::vector<std::pair<std::string, std::string>> metadata_;
    ProtobufMessage graph_;
    int nodes_ = 0;
};

}  // namespace permloom
