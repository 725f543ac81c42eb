#include "compiler/nn/graph.h"

#include <algorithm>

#include "compiler/base/error.h"
#include "compiler/nn/op_batch_norm.h"
#include "compiler/nn/op_shape.h"
#include "compiler/nn/op_weights.h"

namespace permloom {
namespace {

/// Images of one slice: for products large enough to run at speed, for maps small enough to stay
/// in the caches, and few enough slices that their weight gradients are quickly added up.
constexpr int DENSE_SLICE = 32, SMALLEST_DENSE_SLICE = 16, MAP_SLICE = 13;

int pieces_of(int total, int piece) {
    return (total + piece - 1) / piece;
}

int slices_of(int images, bool convolves) {
    if (convolves) return pieces_of(images, MAP_SLICE);
    return std::max(pieces_of(images, DENSE_SLICE),
                    std::min(2, pieces_of(images, SMALLEST_DENSE_SLICE)));
}

template <class Kind>
int count_ops(const LayerSpec& layer) {
    return static_cast<int>(
        std::count_if(layer.then.begin(), layer.then.end(),
                      [](const OpSpec& op) { return std::holds_alternative<Kind>(op); }));
}

}  // namespace

std::vector<LayerWeights> empty_weights(const NetworkSpec& network) {
    std::vector<LayerWeights> result;
    for (const LayerSpec& spec : network.layers) {
        LayerWeights layer;
        layer.inputs = spec.inputs;
        layer.outputs = spec.outputs;
        layer.weights.resize(static_cast<size_t>(spec.inputs) * static_cast<size_t>(spec.outputs));
        // The complement lines of dual rails add a constant to each sum.
        if (spec.has_bias || spec.rail == Rail::dual)
            layer.bias.resize(static_cast<size_t>(spec.outputs));
        layer.batch_norms.assign(static_cast<size_t>(count_ops<BatchNormSpec>(spec)),
                                 BatchNormWeights(spec.outputs));
        result.push_back(std::move(layer));
    }
    return result;
}

Graph::Graph(const NetworkSpec& network, std::vector<LayerWeights>& weights, const Options& options)
    : options_(options), layers_(network.layers.size()) {
    convolves_ = std::any_of(network.layers.begin(), network.layers.end(),
                             [](const LayerSpec& layer) { return layer.convolves; });
    most_slices_ = slices_of(options.capacity, convolves_);
    slices_.reserve(static_cast<size_t>(most_slices_));
    const Shape& in = network.input.shape;
    add_value(options.sparse_input ? Shape{1, 1, 0} : in, options.input_gradient);
    if (options.sparse_input) sparse_ = SparseRows(options.capacity, in.size());

    readers_.resize(network.layers.size() + 1);
    for (const LayerSpec& layer : network.layers) {
        ++readers_[static_cast<size_t>(layer.from + 1)];
        for (const OpSpec& op : layer.then)
            if (const auto* add = std::get_if<AddSpec>(&op))
                ++readers_[static_cast<size_t>(add->layer + 1)];
    }
    for (size_t l = 0; l < network.layers.size(); ++l)
        add_layer(network, l, weights);

    inference_ = plan(ops_.size(), false);
    if (options.trains) training_ = plan(ops_.size(), true);
    for (const auto& op : ops_) {
        for (int piece = 0; piece < op->prepare_pieces(); ++piece)
            prepare_.emplace_back(op.get(), piece);
        for (int piece = 0; options.trains && piece < op->finish_pieces(); ++piece)
            finish_.emplace_back(op.get(), piece);
    }
    do_stage_ = [this](int slice) { do_stage(slice); };
    do_prepare_ = [this](int i) {
        const auto [op, piece] = prepare_[static_cast<size_t>(i)];
        op->prepare(pass_, piece);
    };
    do_finish_ = [this](int i) {
        const auto [op, piece] = finish_[static_cast<size_t>(i)];
        op->finish(pass_, piece);
    };
}

Graph::~Graph() = default;

Value& Graph::add_value(const Shape& shape, bool gradient) {
    values_.push_back(std::make_unique<Value>());
    Value& value = *values_.back();
    value.shape = shape;
    value.data.resize(value.at(options_.capacity));
    if (gradient) value.gradient.resize(value.data.size());
    return value;
}

template <class Operation, class... Arguments>
Operation* Graph::add_op(Arguments&&... arguments) {
    auto op = std::make_unique<Operation>(std::forward<Arguments>(arguments)...);
    Operation* pointer = op.get();
    ops_.push_back(std::move(op));
    return pointer;
}

InputGradient Graph::reader(int layer) {
    const auto at = static_cast<size_t>(layer + 1);
    Value& value = layer == NETWORK_INPUT ? input() : *layers_[static_cast<size_t>(layer)].output;
    // Backward visits the readers from the last to the first.
    const bool last = --readers_[at] == 0;
    return {value, last, options_.capacity};
}

void Graph::add_layer(const NetworkSpec& network, size_t l, std::vector<LayerWeights>& weights) {
    const LayerSpec& spec = network.layers[l];
    Layer& layer = layers_[l];
    layer.input =
        spec.from == NETWORK_INPUT ? &input() : layers_[static_cast<size_t>(spec.from)].output;
    const InputGradient gradient = reader(spec.from);
    const bool trains = options_.trains;
    Value* value = &add_value(spec.map, trains);
    layer.sums = value;
    // A scaled sum is activated after it has been scaled.
    const bool relu =
        spec.convolves && spec.activation == Activation::relu && !spec.devices.shared();
    if (spec.convolves)
        layer.conv = add_op<ConvOp>(spec, weights[l], *layer.input, *value, gradient,
                                    ConvOp::Options{relu, trains, most_slices_});
    else
        layer.dense = add_op<DenseOp>(weights[l], *layer.input, *value, gradient,
                                      l == 0 && options_.sparse_input ? &sparse_ : nullptr,
                                      most_slices_, trains);
    layer.first_op = ops_.size();
    if (spec.activation == Activation::relu) add_op<ReluOp>(*value, relu);
    if (spec.activation == Activation::clip) {
        Value& out = add_value(spec.map, trains);
        add_op<ClipOp>(*value, out);
        value = &out;
    }
    add_then(network, l, weights[l], value);
    layer.output = value;
    if (layer.unpooled == nullptr) layer.unpooled = value;
}

void Graph::add_then(const NetworkSpec& network, size_t l, LayerWeights& weights, Value*& value) {
    const auto next = [&](const Shape& shape) -> Value& {
        return add_value(shape, options_.trains);
    };
    // The gradient of a relu looks at what it left: nothing is added in place after it.
    const Value* rectified = network.layers[l].activation == Activation::relu ? value : nullptr;
    for (const OpSpec& op : network.layers[l].then) {
        const Shape shape = value->shape;
        if (std::holds_alternative<BatchNormSpec>(op)) {
            Value& out = next(shape);
            const size_t k = layers_[l].norms.size();
            layers_[l].norms.push_back(
                add_op<BatchNormOp>(weights.batch_norms[k], *value, out, most_slices_));
            value = &out;
        } else if (const auto* activation = std::get_if<ActivationSpec>(&op)) {
            if (activation->kind == Activation::relu) {
                add_op<ReluOp>(*value, false);
                rectified = value;
            } else {
                Value& out = next(shape);
                add_op<ClipOp>(*value, out);
                value = &out;
            }
        } else if (const auto* dropout = std::get_if<DropoutSpec>(&op)) {
            add_op<DropoutOp>(*value, dropout->rate, static_cast<uint32_t>(ops_.size()));
        } else if (const auto* max = std::get_if<MaxPoolSpec>(&op)) {
            Value& out =
                next({shape.rows / max->window, shape.columns / max->window, shape.channels});
            add_op<MaxPoolOp>(*value, out, max->window, options_.capacity);
            value = &out;
        } else if (const auto* average = std::get_if<AveragePoolSpec>(&op)) {
            const int rows = average->window == 0 ? shape.rows : average->window;
            const int columns = average->window == 0 ? shape.columns : average->window;
            Value& out = next({shape.rows / rows, shape.columns / columns, shape.channels});
            add_op<AveragePoolOp>(*value, out, rows, columns);
            layers_[l].unpooled = value;
            value = &out;
        } else if (const auto* add = std::get_if<AddSpec>(&op)) {
            Value& other = *layers_[static_cast<size_t>(add->layer)].output;
            const InputGradient gradient = reader(add->layer);
            Value& out = value == rectified ? next(shape) : *value;
            add_op<AddOp>(*value, out, other, gradient);
            value = &out;
        }
        // Flatten changes nothing: values lie row, column, channel already.
    }
}

Graph::Plan Graph::plan(size_t ops, bool gradient) const {
    Plan plan(1);
    const auto add = [&](Phase phase, Op* op) { plan.back().actions.push_back({phase, op}); };
    const auto close = [&](Op* op, bool backward) {
        plan.back().combine = op;
        plan.back().gradient = backward;
        plan.emplace_back();
    };
    add(Phase::load, nullptr);
    for (size_t i = 0; i < ops; ++i) {
        Op* op = ops_[i].get();
        if (op->couples()) {
            add(Phase::gather, op);
            close(op, false);
        }
        add(Phase::forward, op);
    }
    add(Phase::finish, nullptr);
    if (!gradient) return plan;
    for (size_t i = ops; i-- > 0;) {
        Op* op = ops_[i].get();
        if (op->couples()) {
            add(Phase::gather_gradient, op);
            close(op, true);
        }
        add(Phase::backward, op);
    }
    return plan;
}

Pass Graph::start_pass(int images) {
    PERMLOOM_ASSERT(images >= 1 && images <= options_.capacity);
    const int count = slices_of(images, convolves_);
    slices_.clear();
    for (int i = 0; i < count; ++i)
        slices_.push_back({i, static_cast<int>(int64_t{images} * i / count),
                           static_cast<int>(int64_t{images} * (i + 1) / count)});
    return {images, slices_, false, false, 0};
}

void Graph::do_stage(int slice_index) {
    const Slice& slice = slices_[static_cast<size_t>(slice_index)];
    for (const auto& [phase, op] : stage_->actions)
        switch (phase) {
            case Phase::load:
                host_->load(slice);
                break;
            case Phase::finish:
                host_->finish(slice);
                break;
            case Phase::gather:
                op->gather(pass_, slice);
                break;
            case Phase::forward:
                op->forward(pass_, slice);
                break;
            case Phase::gather_gradient:
                op->gather_gradient(pass_, slice);
                break;
            case Phase::backward:
                op->backward(pass_, slice);
                break;
        }
}

void Graph::run(const Plan& plan, const Pass& pass, const Host& host, ThreadPool& pool) {
    pass_ = pass;
    host_ = &host;
    for (const auto& op : ops_)
        op->bind(pass);
    pool.for_each(static_cast<int>(prepare_.size()), do_prepare_);
    for (const Stage& stage : plan) {
        stage_ = &stage;
        pool.for_each(static_cast<int>(slices_.size()), do_stage_);
        if (!stage.combine) continue;
        if (stage.gradient)
            stage.combine->combine_gradient(pass_);
        else
            stage.combine->combine(pass_);
    }
}

void Graph::infer(int images, const Host& host, ThreadPool& pool) {
    run(inference_, start_pass(images), host, pool);
}

void Graph::infer_sums(int images, size_t l, const Host& host, ThreadPool& pool) {
    run(plan(layers_[l].first_op, false), start_pass(images), host, pool);
}

void Graph::measure_statistics(int images, const Host& host, ThreadPool& pool) {
    Pass pass = start_pass(images);
    pass.batch_statistics = true;
    run(inference_, pass, host, pool);
}

void Graph::differentiate(int images, bool training, uint64_t dropout_seed, const Host& host,
                          ThreadPool& pool) {
    PERMLOOM_ASSERT(options_.trains);
    Pass pass = start_pass(images);
    pass.batch_statistics = pass.dropout = training;
    pass.dropout_seed = dropout_seed;
    run(training_, pass, host, pool);
    pool.for_each(static_cast<int>(finish_.size()), do_finish_);
}

ConstMatrix Graph::sums_gradient(size_t l, int images) {
    Value& sums = *layers_[l].sums;
    return sums.gradient_rows({0, 0, images});
}

const float* Graph::weight_gradient(size_t l) const {
    return layers_[l].conv ? layers_[l].conv->weight_gradient() : nullptr;
}

const std::vector<float>& Graph::bias_gradient(size_t l) const {
    const BiasGradient* bias = layers_[l].conv ? layers_[l].conv->bias() : layers_[l].dense->bias();
    PERMLOOM_ASSERT(bias);
    return bias->gradient();
}

const std::vector<float>& Graph::gamma_gradient(size_t l, size_t norm) const {
    return layers_[l].norms[norm]->gamma_gradient();
}

const std::vector<float>& Graph::beta_gradient(size_t l, size_t norm) const {
    return layers_[l].norms[norm]->beta_gradient();
}

}  // namespace permloom
