#include "compiler/nn/convolution.h"

#include <algorithm>
#include <dnnl.hpp>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "compiler/base/error.h"
#include "compiler/nn/aligned.h"
#include "compiler/nn/kernels.h"

namespace permloom {
namespace {

using dnnl::memory;
using Tag = memory::format_tag;
constexpr auto F32 = memory::data_type::f32;

const dnnl::engine& cpu() {
    static const dnnl::engine engine(dnnl::engine::kind::cpu, 0);
    return engine;
}

dnnl::stream& stream() {
    thread_local dnnl::stream stream(cpu());
    return stream;
}

/// Working memory of the calling thread; it grows to the largest kernel's need and stays.
float* scratch(size_t bytes) {
    thread_local AlignedFloats memory;
    if (memory.size() * sizeof(float) < bytes) memory.resize(bytes / sizeof(float) + 1);
    return memory.data();
}

/// A kernel with its arguments, ready to run any number of times.
class Bound {
  public:
    Bound() = default;
    Bound(dnnl::primitive primitive, std::vector<std::pair<int, memory>> arguments,
          const memory::desc& scratchpad)
        : primitive_(std::move(primitive)), memories_(std::move(arguments)) {
        scratch_bytes_ = scratchpad.get_size();
        memories_.emplace_back(DNNL_ARG_SCRATCHPAD, memory(scratchpad, cpu(), nullptr));
        for (const auto& [argument, value] : memories_)
            arguments_.push_back({argument, value.get()});
    }

    void run() {
        if (!primitive_) return;
        run_kernels_on_this_thread();
        memories_.back().second.set_data_handle(scratch(scratch_bytes_));
        const dnnl_status_t status =
            dnnl_primitive_execute(primitive_.get(), stream().get(),
                                   static_cast<int>(arguments_.size()), arguments_.data());
        PERMLOOM_ASSERT(status == dnnl_success);
    }

  private:
    dnnl::primitive primitive_;
    std::vector<std::pair<int, memory>> memories_;
    std::vector<dnnl_exec_arg_t> arguments_;
    size_t scratch_bytes_ = 0;
};

dnnl::primitive_attr own_scratchpad() {
    dnnl::primitive_attr attributes;
    attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
    return attributes;
}

memory wrap(const memory::desc& desc, const void* data) {
    return memory(desc, cpu(), const_cast<void*>(data));
}

}  // namespace

ConvGeometry ConvGeometry::of(const LayerSpec& layer) {
    ConvGeometry geometry{layer.input, layer.map, layer.conv.kernel, layer.conv.stride};
    // Negative where a stride leaves rows or columns out.
    const auto zeros = [&](int in, int out) {
        return (out - 1) * geometry.stride + geometry.kernel - in;
    };
    const int vertical = zeros(layer.input.rows, layer.map.rows);
    const int horizontal = zeros(layer.input.columns, layer.map.columns);
    const bool same = layer.conv.padding == Padding::same;
    geometry.top = same ? std::max(vertical, 0) / 2 : 0;
    geometry.left = same ? std::max(horizontal, 0) / 2 : 0;
    geometry.bottom = vertical - geometry.top;
    geometry.right = horizontal - geometry.left;
    return geometry;
}

struct Convolution::Kernels {
    /// The primitives for one number of images.
    struct Set {
        memory::desc x, y;  ///< as the kernels want them
        dnnl::convolution_forward::primitive_desc forward;
        dnnl::convolution_backward_data::primitive_desc backward_data;
        dnnl::convolution_backward_weights::primitive_desc backward_weights;
        dnnl::convolution_forward run_forward;
        dnnl::convolution_backward_data run_backward_data;
        dnnl::convolution_backward_weights run_backward_weights;
    };

    ConvGeometry geometry;
    Options options;
    memory::desc plain;  ///< of the weights as they come
    memory::desc forward, backward, gradient;
    memory::desc bias;
    bool winograd = false;
    std::mutex mutex;
    std::unordered_map<int, Set> sets;

    Kernels(const ConvGeometry& shape, const Options& wanted) : geometry(shape), options(wanted) {
        const int k = shape.kernel;
        plain = memory::desc({shape.output.channels, shape.input.channels, k, k}, F32, Tag::ohwi);
        bias = memory::desc({shape.output.channels}, F32, Tag::x);
        winograd = suits_winograd();
        // Packed forms do not depend on the number of images: the first set decides.
        forward = backward = gradient = any_weights();
        constexpr int TYPICAL_IMAGES = 13;
        try {
            set(TYPICAL_IMAGES);
        } catch (const dnnl::error&) {
            // Made for AVX-512 only.
            PERMLOOM_ASSERT(winograd);
            winograd = false;
            set(TYPICAL_IMAGES);
        }
        Set& first = set(TYPICAL_IMAGES);
        forward = first.forward.weights_desc();
        gradient = first.backward_weights.diff_weights_desc();
        if (options.input_gradient) backward = first.backward_data.weights_desc();
    }

    memory::desc any_weights() const { return memory::desc(plain.dims(), F32, Tag::any); }
    memory::desc map(int images, const Shape& shape, Tag tag) const {
        return memory::desc({images, shape.channels, shape.rows, shape.columns}, F32, tag);
    }

    /// Winograd's minimal filtering F(4 x 4, 3 x 3) (Lavin and Gray, 2016) takes a quarter of the
    /// multiplications; it needs whole vectors of channels, and maps of more than a tile or two to
    /// be faster.
    bool suits_winograd() const {
        constexpr int VECTOR = 16, SMALLEST_MAP = 7;
        return geometry.kernel == 3 && geometry.stride == 1 &&
               geometry.input.channels % VECTOR == 0 && geometry.output.channels % VECTOR == 0 &&
               std::min(geometry.output.rows, geometry.output.columns) >= SMALLEST_MAP;
    }

    Set& set(int images) {
        const std::lock_guard lock(mutex);
        const auto found = sets.find(images);
        if (found != sets.end()) return found->second;
        run_kernels_on_this_thread();
        const Tag tag = winograd ? Tag::nChw16c : Tag::nhwc;
        const auto method =
            winograd ? dnnl::algorithm::convolution_winograd : dnnl::algorithm::convolution_direct;
        const memory::desc x = map(images, geometry.input, tag);
        const memory::desc y = map(images, geometry.output, tag);
        const memory::dims strides = {geometry.stride, geometry.stride};
        const memory::dims before = {geometry.top, geometry.left};
        const memory::dims after = {geometry.bottom, geometry.right};
        const dnnl::primitive_attr attributes = own_scratchpad();
        dnnl::primitive_attr forward_attributes = own_scratchpad();
        if (options.relu) {
            dnnl::post_ops relu;
            relu.append_eltwise(1.0F, dnnl::algorithm::eltwise_relu, 0.0F, 0.0F);
            forward_attributes.set_post_ops(relu);
        }
        constexpr auto TRAINING = dnnl::prop_kind::forward_training;
        using Forward = dnnl::convolution_forward;
        Set made;
        made.x = x;
        made.y = y;
        made.forward = Forward::primitive_desc(
            options.bias
                ? Forward::desc(TRAINING, method, x, forward, bias, y, strides, before, after)
                : Forward::desc(TRAINING, method, x, forward, y, strides, before, after),
            forward_attributes, cpu());
        made.run_forward = dnnl::convolution_forward(made.forward);
        made.backward_weights = {
            {method, x, gradient, y, strides, before, after}, attributes, cpu(), made.forward};
        made.run_backward_weights = dnnl::convolution_backward_weights(made.backward_weights);
        if (options.input_gradient) {
            made.backward_data = {
                {method, x, backward, y, strides, before, after}, attributes, cpu(), made.forward};
            made.run_backward_data = dnnl::convolution_backward_data(made.backward_data);
        }
        return sets.emplace(images, std::move(made)).first->second;
    }

    static Bound reorder(const memory::desc& from, const float* source, const memory::desc& to,
                         float* target) {
        run_kernels_on_this_thread();
        const dnnl::reorder::primitive_desc desc(cpu(), from, cpu(), to, own_scratchpad());
        return {dnnl::reorder(desc),
                {{DNNL_ARG_FROM, wrap(from, source)}, {DNNL_ARG_TO, wrap(to, target)}},
                desc.scratchpad_desc()};
    }
};

namespace {

class Reorders final : public Convolution::Copy {
  public:
    explicit Reorders(std::vector<Bound> reorders) : reorders_(std::move(reorders)) {}
    void run() override {
        for (Bound& reorder : reorders_)
            reorder.run();
    }

  private:
    std::vector<Bound> reorders_;
};

/// The three calls on one slice.
template <class Kernels>
class SliceCall final : public Convolution::Call {
  public:
    SliceCall(Kernels& kernels, int images, Convolution::Buffers b) {
        auto& set = kernels.set(images);
        if (kernels.winograd) stage(kernels, images, set.x, set.y, b);
        std::vector<std::pair<int, memory>> arguments = {
            {DNNL_ARG_SRC, wrap(set.forward.src_desc(), b.x)},
            {DNNL_ARG_WEIGHTS, wrap(set.forward.weights_desc(), b.forward)},
            {DNNL_ARG_DST, wrap(set.forward.dst_desc(), b.y)}};
        if (b.bias != nullptr)
            arguments.emplace_back(DNNL_ARG_BIAS, wrap(set.forward.bias_desc(), b.bias));
        forward_ = {set.run_forward, std::move(arguments), set.forward.scratchpad_desc()};
        if (b.dw != nullptr)
            weights_ = {
                set.run_backward_weights,
                {{DNNL_ARG_SRC, wrap(set.backward_weights.src_desc(), b.x)},
                 {DNNL_ARG_DIFF_DST, wrap(set.backward_weights.diff_dst_desc(), b.dy)},
                 {DNNL_ARG_DIFF_WEIGHTS, wrap(set.backward_weights.diff_weights_desc(), b.dw)}},
                set.backward_weights.scratchpad_desc()};
        if (b.dx != nullptr)
            data_ = {set.run_backward_data,
                     {{DNNL_ARG_DIFF_DST, wrap(set.backward_data.diff_dst_desc(), b.dy)},
                      {DNNL_ARG_WEIGHTS, wrap(set.backward_data.weights_desc(), b.backward)},
                      {DNNL_ARG_DIFF_SRC, wrap(set.backward_data.diff_src_desc(), b.dx)}},
                     set.backward_data.scratchpad_desc()};
    }

    void forward() override {
        x_in_.run();
        forward_.run();
        y_out_.run();
    }
    void backward_weights() override {
        dy_in_.run();
        weights_.run();
    }
    void backward_data() override {
        data_.run();
        dx_out_.run();
    }

  private:
    /// Puts copies in the kernels' own order between the buffers and the kernels.
    void stage(Kernels& kernels, int images, const memory::desc& x, const memory::desc& y,
               Convolution::Buffers& b) {
        const memory::desc plain_x = kernels.map(images, kernels.geometry.input, Tag::nhwc);
        const memory::desc plain_y = kernels.map(images, kernels.geometry.output, Tag::nhwc);
        x_.resize(x.get_size() / sizeof(float));
        y_.resize(y.get_size() / sizeof(float));
        x_in_ = Kernels::reorder(plain_x, b.x, x, x_.data());
        y_out_ = Kernels::reorder(y, y_.data(), plain_y, b.y);
        if (b.dw != nullptr) dy_in_ = Kernels::reorder(plain_y, b.dy, y, y_.data());
        if (b.dx != nullptr) {
            dx_.resize(x_.size());
            dx_out_ = Kernels::reorder(x, dx_.data(), plain_x, b.dx);
            b.dx = dx_.data();
        }
        b.x = x_.data();
        b.y = y_.data();
        b.dy = y_.data();
    }

    Bound forward_, weights_, data_;
    Bound x_in_, y_out_, dy_in_, dx_out_;  // empty where the kernels take the buffers as they are
    AlignedFloats x_, y_, dx_;
};

}  // namespace

Convolution::Convolution(const ConvGeometry& geometry, const Options& options)
    : kernels_(std::make_unique<Kernels>(geometry, options)) {}

Convolution::~Convolution() = default;

size_t Convolution::packed_forward() const {
    return kernels_->forward.get_size() / sizeof(float);
}
size_t Convolution::packed_backward() const {
    return kernels_->options.input_gradient ? kernels_->backward.get_size() / sizeof(float) : 0;
}
size_t Convolution::packed_gradient() const {
    return kernels_->gradient.get_size() / sizeof(float);
}

std::unique_ptr<Convolution::Copy> Convolution::prepare_pack(const float* weights, float* forward,
                                                             float* backward) const {
    std::vector<Bound> reorders;
    reorders.push_back(Kernels::reorder(kernels_->plain, weights, kernels_->forward, forward));
    if (backward != nullptr && kernels_->options.input_gradient)
        reorders.push_back(
            Kernels::reorder(kernels_->plain, weights, kernels_->backward, backward));
    return std::make_unique<Reorders>(std::move(reorders));
}

std::unique_ptr<Convolution::Copy> Convolution::prepare_unpack(const float* packed,
                                                               float* gradient) const {
    std::vector<Bound> reorders;
    reorders.push_back(Kernels::reorder(kernels_->gradient, packed, kernels_->plain, gradient));
    return std::make_unique<Reorders>(std::move(reorders));
}

std::unique_ptr<Convolution::Call> Convolution::prepare(int images, const Buffers& buffers) const {
    return std::make_unique<SliceCall<Kernels>>(*kernels_, images, buffers);
}

}  // namespace permloom
