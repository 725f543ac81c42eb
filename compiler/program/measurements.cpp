#include "compiler/program/measurements.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <limits>
#include <map>
#include <sstream>
#include <vector>

#include "compiler/base/error.h"
#include "compiler/base/file.h"

namespace permloom {
namespace {

constexpr char HEADER[] = "layer,neuron,slot,plus,minus";
constexpr float MISSING = std::numeric_limits<float>::quiet_NaN();

std::vector<std::string> cells_of(const std::string& line) {
    std::vector<std::string> cells(1);
    for (const char c : line) {
        if (c == ',')
            cells.emplace_back();
        else if (c != '\r' && c != ' ' && c != '\t')
            cells.back() += c;
    }
    return cells;
}

int read_index(const std::string& text, int count, const std::string& name,
               const std::string& where) {
    int value = -1;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size())
        throw Error(where, fmt::format("{} '{}' is not a whole number", name, text));
    if (value < 0 || value >= count)
        throw Error(where,
                    fmt::format("{} {} is outside of the chip's 0..{}", name, value, count - 1));
    return value;
}

/// Not a number where the cell is empty.
double read_conductance(const std::string& text, const std::string& name, bool may_be_negative,
                        const std::string& where) {
    if (text.empty()) return std::numeric_limits<double>::quiet_NaN();
    double value = 0.0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(value))
        throw Error(where, fmt::format("{} '{}' is not a finite number", name, text),
                    "leave the cell empty where nothing was measured");
    if (value < 0.0 && !may_be_negative)
        throw Error(where, fmt::format("negative conductance {} = {}", name, value),
                    "only devices that carry their sign (scheme carried) may be negative");
    return value;
}

/// What was measured of a layer, in the file's own unit.
struct Measured {
    std::vector<double> plus, minus;  ///< outputs x lines
    std::vector<int> line;            ///< of the file, 0: none
    int neurons = 0;                  ///< up to the last one that has a measurement
};

/// Slope and intercept of measured = slope * nominal + intercept.
struct Fit {
    double slope = 0.0, intercept = 0.0;
};

/// Least squares, with the slope `unit` where that is not 0; through the origin where slots are
/// pairs.
Fit fit(const ChipLayer& layer, const Measured& measured, bool pairs, double unit,
        const std::string& where) {
    double count = 0.0, x = 0.0, y = 0.0, xx = 0.0, xy = 0.0;
    const auto lines = static_cast<size_t>(layer.lines());
    for (size_t cell = 0; cell < measured.plus.size(); ++cell) {
        const double value = measured.plus[cell] - (pairs ? measured.minus[cell] : 0.0);
        if (std::isnan(value)) continue;
        const int32_t device = layer.bank(static_cast<int>(cell / lines))[cell % lines];
        const double nominal = layer.rail == Rail::split ? std::abs(device) : device;
        count += 1.0;
        x += nominal;
        y += value;
        xx += nominal * nominal;
        xy += nominal * value;
    }
    Fit result{unit, 0.0};
    const double spread = pairs ? xx : count * xx - x * x;
    if (unit == 0.0 && spread > 0.0) result.slope = pairs ? xy / xx : (count * xy - x * y) / spread;
    if (!(result.slope > 0.0))
        throw Error(where, "the unit of its conductances does not follow from them",
                    "state the conductance of one step with --unit");
    if (!pairs && count > 0.0) result.intercept = (y - result.slope * x) / count;
    return result;
}

LayerInstance layer_instance(const ChipLayer& layer, const Measured& measured, SignScheme sign,
                             double unit, const std::string& where) {
    const bool pairs = has_pairs(layer, sign);
    // An analog reference cancels the conductance of value 0; light that carries a sign has none.
    Fit scale = fit(layer, measured, pairs, unit, where);
    if (sign == SignScheme::carried) scale.intercept = 0.0;
    LayerInstance result;
    result.banks = layer.shared_profile && measured.neurons == 1 ? 1 : layer.outputs;
    result.reference = pairs ? 0.0 : scale.intercept / scale.slope;
    const size_t cells = static_cast<size_t>(result.banks) * static_cast<size_t>(layer.lines());
    for (size_t cell = 0; cell < cells; ++cell) {
        result.plus.push_back(static_cast<float>(measured.plus[cell] / scale.slope));
        if (pairs) result.minus.push_back(static_cast<float>(measured.minus[cell] / scale.slope));
    }
    return result;
}

}  // namespace

DeviceInstance read_measurements(const std::filesystem::path& csv, const Chip& chip,
                                 SignScheme sign, double unit) {
    const std::string path = csv.string();
    std::vector<Measured> layers;
    for (const ChipLayer& layer : chip.layers) {
        const size_t cells =
            static_cast<size_t>(layer.outputs) * static_cast<size_t>(layer.lines());
        layers.push_back({std::vector<double>(cells, MISSING), std::vector<double>(cells, MISSING),
                          std::vector<int>(cells, 0), 0});
    }
    std::istringstream text(read_text(csv));
    std::string line;
    if (!std::getline(text, line) || cells_of(line) != cells_of(HEADER))
        throw Error(path + ":1", "the header is not '" + std::string(HEADER) + "'",
                    "one line for each slot follows it; an empty cell was not measured");
    for (int number = 2; std::getline(text, line); ++number) {
        if (line.empty() || line == "\r") continue;
        const std::string where = fmt::format("{}:{}", path, number);
        const std::vector<std::string> cells = cells_of(line);
        if (cells.size() != 5)
            throw Error(where, fmt::format("{} cells, the header has 5", cells.size()));
        const int l = read_index(cells[0], static_cast<int>(chip.layers.size()), "layer", where);
        const ChipLayer& shape = chip.layers[static_cast<size_t>(l)];
        Measured& layer = layers[static_cast<size_t>(l)];
        const int neuron = read_index(cells[1], shape.outputs, "neuron", where);
        const int slot = read_index(cells[2], shape.lines(), "slot", where);
        const size_t cell = static_cast<size_t>(neuron) * static_cast<size_t>(shape.lines()) +
                            static_cast<size_t>(slot);
        if (layer.line[cell] != 0)
            throw Error(where,
                        fmt::format("the slot was measured in line {} already", layer.line[cell]));
        layer.line[cell] = number;
        layer.plus[cell] = read_conductance(cells[3], "plus", sign == SignScheme::carried, where);
        layer.minus[cell] = read_conductance(cells[4], "minus", false, where);
        if (!has_pairs(shape, sign) && !cells[4].empty())
            throw Error(where, "has a second device, and slots of this layer have one",
                        "leave minus empty, or state another --sign");
        layer.neurons = std::max(layer.neurons, neuron + 1);
    }
    DeviceInstance instance;
    instance.chip_fingerprint = fingerprint(chip);
    instance.sign = sign;
    instance.origin = path;
    for (size_t l = 0; l < chip.layers.size(); ++l)
        instance.layers.push_back(layer_instance(chip.layers[l], layers[l], sign, unit,
                                                 fmt::format("{}: layer {}", path, l)));
    return instance;
}

std::string measurements_csv(const DeviceInstance& instance, const Chip& chip) {
    std::string text = std::string(HEADER) + "\n";
    const auto number = [](float value) {
        return std::isnan(value) ? std::string() : fmt::format("{}", value);
    };
    for (size_t l = 0; l < chip.layers.size(); ++l) {
        const LayerInstance& layer = instance.layers[l];
        const auto lines = static_cast<size_t>(chip.layers[l].lines());
        for (size_t cell = 0; cell < layer.plus.size(); ++cell)
            text += fmt::format("{},{},{},{},{}\n", l, cell / lines, cell % lines,
                                number(layer.plus[cell]),
                                layer.minus.empty() ? "" : number(layer.minus[cell]));
    }
    return text;
}

}  // namespace permloom
