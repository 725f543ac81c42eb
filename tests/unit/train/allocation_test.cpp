#include <dlfcn.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <new>
#include <string_view>

#include "compiler/train/calibrate.h"
#include "compiler/train/evaluate.h"
#include "compiler/train/step.h"
#include "tests/unit/train/examples.h"

namespace {

/// Calls of operator new between `start_counting` and `stop_counting`, but for oneDNN's own: its
/// library resolves operator new to this one, and makes small objects in every call of a kernel.
/// What it takes from malloc (packed matrices of sgemm) is not seen here at all.
bool counting = false;
int allocations = 0;

bool is_within_onednn(const void* address) {
    Dl_info info{};
    return dladdr(address, &info) != 0 && info.dli_fname != nullptr &&
           std::string_view(info.dli_fname).find("libdnnl") != std::string_view::npos;
}

void* allocate(size_t size, size_t alignment, const void* caller) {
    if (counting && !is_within_onednn(caller)) ++allocations;
    void* const memory =
        alignment == 0
            ? std::malloc(size)
            : std::aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment);
    if (memory == nullptr) throw std::bad_alloc();
    return memory;
}

}  // namespace

void* operator new(size_t size) {
    return allocate(size, 0, __builtin_return_address(0));
}
void* operator new(size_t size, std::align_val_t alignment) {
    return allocate(size, static_cast<size_t>(alignment), __builtin_return_address(0));
}
void operator delete(void* memory) noexcept {
    std::free(memory);
}
void operator delete(void* memory, size_t) noexcept {
    std::free(memory);
}
void operator delete(void* memory, std::align_val_t) noexcept {
    std::free(memory);
}
void operator delete(void* memory, size_t, std::align_val_t) noexcept {
    std::free(memory);
}

namespace permloom {
namespace {

constexpr int BATCH = 40, CLASSES = 3, PERIOD = 2, WARM_UP_STEPS = 2;

/// Allocations of operator new in each of some steps after the warm-up; every second one syncs.
std::vector<int> allocations_of(const NetworkSpec& network, const Images& images) {
    ThreadPool pool(1);
    const Inputs inputs(network.input, images, "made");
    std::vector<LayerDevices> devices;
    for (size_t l = 0; l < network.layers.size(); ++l)
        devices.push_back(draw_devices(network.layers[l], static_cast<int>(l), 1));
    TrainingNet net(network, std::move(devices), 1);
    net.sync(0, PERIOD, pool);
    net.derive_all(pool);
    const std::vector<int32_t> order = all_images(BATCH);
    calibrate_constants(network, net, inputs, order, pool);
    Stepper stepper(
        network, net,
        {.batch = BATCH, .classes = CLASSES, .l2 = 1e-4, .sparse_input = inputs.is_sparse()}, pool);
    std::vector<int> result;
    for (int t = 1; t <= WARM_UP_STEPS + 2 * PERIOD; ++t) {
        const UpdateStep update = update_step(network.training, 1e-3, t);
        allocations = 0;
        counting = true;
        stepper.step(inputs, order, {}, update);
        net.sync(t, PERIOD, pool);
        counting = false;
        if (t > WARM_UP_STEPS) result.push_back(allocations);
    }
    return result;
}

const std::vector<int> NONE(2 * PERIOD, 0);

Images images_of(int rows, int columns, int dark_rows) {
    Rng rng(5);
    Images images = testing::striped_images(BATCH, rows, columns, CLASSES, rng);
    for (int i = 0; i < images.count; ++i)
        for (int p = 0; p < dark_rows * columns; ++p)
            images.pixels[static_cast<size_t>(i * rows * columns + p)] = 0;
    return images;
}

}  // namespace

TEST_CASE("step -- allocates nothing: the counter sees what is allocated") {
    counting = true;
    allocations = 0;
    { const AlignedFloats aligned(100); }
    { const std::vector<int> plain(100); }
    counting = false;
    CHECK(allocations == 2);
}

TEST_CASE("step -- allocates nothing after the first two, whatever algorithm, rail and devices") {
    for (const NetworkSpec& network : testing::all_kinds()) {
        CAPTURE(to_yaml(network));
        CHECK(allocations_of(network, images_of(4, 3, 0)) == NONE);
    }
}

TEST_CASE("step -- allocates nothing with an input that is mostly zero") {
    const Images images = images_of(4, 3, 3);
    const NetworkSpec network = testing::all_kinds()[1];
    REQUIRE(Inputs(network.input, images, "made").is_sparse());
    CHECK(allocations_of(network, images) == NONE);
}

TEST_CASE("step -- allocates nothing with convolutions, batch norm, dropout, pools and biases") {
    const NetworkSpec network = parse_network(R"(
name: maps
about: test
expect: test
data: stripes
input: {shape: [8, 8, 1], bits: 8, div: 255, mean: 0, scale: 1/255, zero: 0}
layers:
  - conv: {filters: 16, kernel: 3, stride: 1, padding: same}
    name: first
    rail: single
    devices: {values: he_uniform, bits: 0, profile: neuron}
    bias: {initial: he_uniform, permuted: true}
    activation: relu
    then: [batch_norm, {dropout: 0.3}]
  - conv: {filters: 16, kernel: 3, stride: 1, padding: same}
    rail: single
    devices: {values: he_uniform, bits: 0, profile: neuron}
    activation: none
    then: [batch_norm, {add: first}, relu, {max_pool: 2}, {average_pool: 2}, flatten]
  - outputs: 3
    rail: single
    devices: {values: he_uniform, bits: 0, profile: neuron}
    bias: {initial: zeros}
    activation: none
training: {algorithm: laperm, epochs: 1, batch: 40, learning_rate: 1e-3, sync_every: 2}
)",
                                              "maps");
    CHECK(allocations_of(network, images_of(8, 8, 0)) == NONE);
}

}  // namespace permloom
