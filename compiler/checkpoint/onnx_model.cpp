#include "compiler/checkpoint/onnx_model.h"

#include <bit>

#include "compiler/base/version.h"

namespace permloom {
namespace {

static_assert(std::endian::native == std::endian::little, "raw_data is little-endian");

constexpr int64_t IR_VERSION = 7, OPERATOR_SET = 13;
constexpr int64_t TYPE_FLOAT = 1, TYPE_INT64 = 7;  // TensorProto.DataType

// Field numbers of onnx.proto, by message.
namespace model {
constexpr int ir_version = 1, producer_name = 2, producer_version = 3, graph = 7, opset_import = 8,
              metadata_props = 14;
}
namespace opset {
constexpr int version = 2;
}
namespace property {
constexpr int key = 1, value = 2;
}
namespace graph {
constexpr int node = 1, name = 2, initializer = 5, input = 11, output = 12;
}
namespace node_proto {
constexpr int input = 1, output = 2, name = 3, op_type = 4, attribute = 5;
}
namespace attribute {
constexpr int name = 1, f = 2, i = 3, s = 4, ints = 8, type = 20;
constexpr int64_t type_float = 1, type_int = 2, type_string = 3, type_ints = 7;
}  // namespace attribute
namespace tensor_proto {
constexpr int dims = 1, data_type = 2, name = 8, raw_data = 9;
}
namespace value_info {
constexpr int name = 1, type = 2;
}
namespace type {
constexpr int tensor_type = 1, elem_type = 1, shape = 2, dim = 1, dim_value = 1, dim_param = 2;
}

ProtobufMessage attribute_message(const OnnxAttribute& source) {
    ProtobufMessage message;
    message.text(attribute::name, source.name);
    if (const auto* i = std::get_if<int64_t>(&source.value)) {
        message.number(attribute::i, *i);
        message.number(attribute::type, attribute::type_int);
    } else if (const auto* f = std::get_if<float>(&source.value)) {
        message.real(attribute::f, *f);
        message.number(attribute::type, attribute::type_float);
    } else if (const auto* s = std::get_if<std::string>(&source.value)) {
        message.text(attribute::s, *s);
        message.number(attribute::type, attribute::type_string);
    } else {
        for (const int64_t item : std::get<std::vector<int64_t>>(source.value))
            message.number(attribute::ints, item);
        message.number(attribute::type, attribute::type_ints);
    }
    return message;
}

/// A float tensor of images with this shape each.
ProtobufMessage value_message(const std::string& name, const std::vector<int64_t>& shape) {
    ProtobufMessage extents, images;
    images.text(type::dim_param, "images");
    extents.message(type::dim, images);
    for (const int64_t extent : shape) {
        ProtobufMessage dimension;
        dimension.number(type::dim_value, extent);
        extents.message(type::dim, dimension);
    }
    ProtobufMessage tensor, whole_type, message;
    tensor.number(type::elem_type, TYPE_FLOAT);
    tensor.message(type::shape, extents);
    whole_type.message(type::tensor_type, tensor);
    message.text(value_info::name, name);
    message.message(value_info::type, whole_type);
    return message;
}

}  // namespace

OnnxModel::OnnxModel(std::string name, std::vector<std::pair<std::string, std::string>> metadata)
    : metadata_(std::move(metadata)) {
    graph_.text(graph::name, name);
}

void OnnxModel::input(const std::string& name, const std::vector<int64_t>& shape) {
    graph_.message(graph::input, value_message(name, shape));
}

void OnnxModel::output(const std::string& name, const std::vector<int64_t>& shape) {
    graph_.message(graph::output, value_message(name, shape));
}

void OnnxModel::tensor(const std::string& name, int64_t type, std::span<const uint8_t> values,
                       const std::vector<int64_t>& shape) {
    ProtobufMessage message;
    for (const int64_t extent : shape)
        message.number(tensor_proto::dims, extent);
    message.number(tensor_proto::data_type, type);
    message.text(tensor_proto::name, name);
    message.bytes(tensor_proto::raw_data, values);
    graph_.message(graph::initializer, message);
}

std::string OnnxModel::constant(const std::string& name, std::span<const float> values,
                                const std::vector<int64_t>& shape) {
    tensor(name, TYPE_FLOAT, {reinterpret_cast<const uint8_t*>(values.data()), values.size_bytes()},
           shape);
    return name;
}

std::string OnnxModel::constant(const std::string& name, const std::vector<int64_t>& values) {
    tensor(name, TYPE_INT64,
           {reinterpret_cast<const uint8_t*>(values.data()), values.size() * sizeof(int64_t)},
           {static_cast<int64_t>(values.size())});
    return name;
}

std::string OnnxModel::node(const std::string& operation, const std::vector<std::string>& inputs,
                            const std::vector<OnnxAttribute>& attributes,
                            const std::string& result) {
    const std::string made_up = operation + "_" + std::to_string(nodes_++);
    ProtobufMessage message;
    for (const std::string& input : inputs)
        message.text(node_proto::input, input);
    message.text(node_proto::output, result.empty() ? made_up : result);
    message.text(node_proto::name, made_up);
    message.text(node_proto::op_type, operation);
    for (const OnnxAttribute& item : attributes)
        message.message(node_proto::attribute, attribute_message(item));
    graph_.message(graph::node, message);
    return result.empty() ? made_up : result;
}

std::vector<uint8_t> OnnxModel::bytes() const {
    ProtobufMessage message, operators;
    operators.number(opset::version, OPERATOR_SET);
    message.number(model::ir_version, IR_VERSION);
    message.text(model::producer_name, "permloom");
    message.text(model::producer_version, VERSION);
    message.message(model::graph, graph_);
    message.message(model::opset_import, operators);
    for (const auto& [key, value] : metadata_) {
        ProtobufMessage item;
        item.text(property::key, key);
        item.text(property::value, value);
        message.message(model::metadata_props, item);
    }
    return {message.data().begin(), message.data().end()};
}

}  // namespace permloom
