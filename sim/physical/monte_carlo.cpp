#include "sim/physical/monte_carlo.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "compiler/base/error.h"

namespace permloom {
namespace {

constexpr size_t IMAGES_A_PIECE = 64;
/// Of a ratio without error, so that means exist.
constexpr double MOST_DECIBELS = 200.0;

/// Sums over what a layer was given.
struct LayerPower {
    double count = 0.0, sum = 0.0, squares = 0.0, error = 0.0;

    void add(std::span<const double> ideal, std::span<const double> read) {
        for (size_t j = 0; j < ideal.size(); ++j) {
            const double difference = read[j] - ideal[j];
            count += 1.0;
            sum += ideal[j];
            squares += ideal[j] * ideal[j];
            error += difference * difference;
        }
    }
    double signal_to_noise() const {
        if (error == 0.0) return std::numeric_limits<double>::infinity();
        return (squares - sum * sum / count) / error;
    }
};

std::vector<double> profile(const PhysicalNetwork& network, const PhysicalNetwork& ideal,
                            std::span<const std::vector<uint16_t>> images) {
    std::vector<LayerPower> power(network.layers().size());
    std::vector<double> meant;
    const PhysicalNetwork::Observer observer = [&](size_t layer, std::span<const int32_t> x,
                                                   std::span<const double>,
                                                   std::span<const double> read) {
        ideal.layers()[layer].sums(x, meant);
        power[layer].add(meant, read);
    };
    for (size_t i = 0; i < std::min(images.size(), PROFILED_IMAGES); ++i)
        network.infer(images[i], static_cast<uint32_t>(i), &observer);
    std::vector<double> ratios;
    for (const LayerPower& layer : power)
        ratios.push_back(layer.signal_to_noise());
    return ratios;
}

double decibels(double ratio) {
    return ratio > 0.0 ? std::min(10.0 * std::log10(ratio), MOST_DECIBELS) : -MOST_DECIBELS;
}

MonteCarloReport report_of(std::vector<ChipScore> chips) {
    MonteCarloReport report;
    report.chips = std::move(chips);
    std::vector<double> accuracies;
    report.signal_to_noise_db.assign(report.chips.front().signal_to_noise.size(), 0.0);
    for (const ChipScore& chip : report.chips) {
        accuracies.push_back(chip.accuracy);
        for (size_t l = 0; l < chip.signal_to_noise.size(); ++l)
            report.signal_to_noise_db[l] +=
                decibels(chip.signal_to_noise[l]) / static_cast<double>(report.chips.size());
    }
    report.accuracy = distribution_of(std::move(accuracies));
    report.worst_layer = static_cast<int>(std::ranges::min_element(report.signal_to_noise_db) -
                                          report.signal_to_noise_db.begin());
    return report;
}

template <class MakeInstance>
MonteCarloReport run(const Chip& chip, const Configuration& configuration, const DeviceModel& model,
                     const LabelledCodes& images,
                     std::span<const std::vector<uint16_t>> profile_images,
                     const MonteCarloOptions& options, ThreadPool& pool,
                     const MakeInstance& make_instance) {
    PERMLOOM_ASSERT(options.trials >= 1);
    std::vector<ChipScore> chips;
    for (int trial = 0; trial < options.trials; ++trial) {
        FabricateOptions fabrication = options.fabricate;
        fabrication.trial += static_cast<uint32_t>(trial);
        const DeviceInstance instance = make_instance(fabrication);
        PhysicalNetwork network(chip, configuration, instance, model, fabrication);
        if (network.needs_calibration()) network.calibrate(profile_images);
        const PhysicalNetwork ideal = ideal_network(chip, configuration, instance);
        chips.push_back(score(network, ideal, images, pool));
        if (options.on_chip) options.on_chip(trial + 1);
    }
    return report_of(std::move(chips));
}

}  // namespace

double accuracy(const PhysicalNetwork& network, const LabelledCodes& images, ThreadPool& pool) {
    const size_t count = images.codes.size();
    PERMLOOM_ASSERT(count > 0 && images.labels.size() >= count);
    const size_t pieces = (count + IMAGES_A_PIECE - 1) / IMAGES_A_PIECE;
    std::vector<int64_t> correct(pieces, 0);
    pool.for_each(static_cast<int>(pieces), [&](int piece) {
        const size_t first = static_cast<size_t>(piece) * IMAGES_A_PIECE;
        for (size_t i = first; i < std::min(count, first + IMAGES_A_PIECE); ++i)
            correct[static_cast<size_t>(piece)] +=
                network.infer(images.codes[i], static_cast<uint32_t>(i)).label == images.labels[i];
    });
    return static_cast<double>(std::accumulate(correct.begin(), correct.end(), int64_t{0})) /
           static_cast<double>(count);
}

ChipScore score(const PhysicalNetwork& network, const PhysicalNetwork& ideal,
                const LabelledCodes& images, ThreadPool& pool) {
    return {accuracy(network, images, pool), profile(network, ideal, images.codes)};
}

Distribution distribution_of(std::vector<double> values) {
    PERMLOOM_ASSERT(!values.empty());
    Distribution result;
    std::ranges::sort(values);
    const auto count = static_cast<double>(values.size());
    for (const double value : values)
        result.mean += value / count;
    for (const double value : values)
        result.deviation += (value - result.mean) * (value - result.mean);
    result.deviation = values.size() > 1 ? std::sqrt(result.deviation / (count - 1.0)) : 0.0;
    const auto percentile = [&](double part) {
        const double place = part * (count - 1.0);
        const auto below = static_cast<size_t>(place);
        const size_t above = std::min(below + 1, values.size() - 1);
        return values[below] +
               (place - static_cast<double>(below)) * (values[above] - values[below]);
    };
    result.low = percentile(0.05);
    result.median = percentile(0.5);
    result.high = percentile(0.95);
    return result;
}

MonteCarloReport monte_carlo(const Chip& chip, const Configuration& configuration,
                             const DeviceModel& model, const LabelledCodes& images,
                             std::span<const std::vector<uint16_t>> profile,
                             const MonteCarloOptions& options, ThreadPool& pool) {
    return run(chip, configuration, model, images, profile, options, pool,
               [&](const FabricateOptions& how) { return fabricate(chip, model, how); });
}

MonteCarloReport monte_carlo(const Chip& chip, const Configuration& configuration,
                             const DeviceInstance& instance, const DeviceModel& model,
                             const LabelledCodes& images,
                             std::span<const std::vector<uint16_t>> profile,
                             const MonteCarloOptions& options, ThreadPool& pool) {
    return run(chip, configuration, model, images, profile, options, pool,
               [&](const FabricateOptions&) { return instance; });
}

}  // namespace permloom
