#include "tools/permloom/perm/shape.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <numeric>

namespace permloom::cli {
namespace {

/// "392,392": whole numbers, each at least `low`.
std::vector<int32_t> number_list(const Values& values, const std::string& option, int32_t low) {
    const std::string text = values.text(option);
    std::vector<int32_t> numbers;
    for (size_t at = 0; at <= text.size();) {
        const size_t comma = std::min(text.find(',', at), text.size());
        int32_t number = 0;
        const char* end = text.data() + comma;
        const auto [stop, code] = std::from_chars(text.data() + at, end, number);
        if (code != std::errc{} || stop != end || number < low)
            throw Error("--" + option,
                        fmt::format("'{}' is not a whole number{}", text.substr(at, comma - at),
                                    low == INT32_MIN ? "" : fmt::format(", {} or more", low)),
                        "numbers separated by commas, for example 392,392", ErrorKind::usage);
        numbers.push_back(number);
        at = comma + 1;
    }
    return numbers;
}

DeviceClasses read_classes(const Values& values) {
    if (values.has("devices")) return classes_of(device_values(values));
    const std::vector<int32_t> sizes = number_list(values, "classes", 1);
    const int64_t slots = std::accumulate(sizes.begin(), sizes.end(), int64_t{0});
    if (slots > MAX_SIZE)
        throw Error("--classes", fmt::format("{} slots are more than {}", slots, MAX_SIZE), {},
                    ErrorKind::usage);
    return classes_of_sizes(sizes);
}

}  // namespace

std::vector<int32_t> device_values(const Values& values) {
    std::vector<int32_t> devices = number_list(values, "devices", INT32_MIN);
    if (!std::ranges::is_sorted(devices))
        throw Error("--devices", "the values are not in ascending order",
                    "a bank is sorted by value: slot 0 holds the smallest", ErrorKind::usage);
    return devices;
}

void add_shape_options(Options& options, const std::string& about_n) {
    options.value("n", "N", about_n)
        .value("classes", "M,M,...",
               "devices of each class, in order; n is their sum; default: all devices differ")
        .value("devices", "V,V,...", "the same by the device values of the bank, ascending")
        .exclusive("classes", "devices");
}

Shape::Shape(const Values& values) {
    if (values.has("n")) n = static_cast<int>(values.integer("n", 1, MAX_SIZE));
    if (!values.has("classes") && !values.has("devices")) return;
    classes = read_classes(values);
    if (n != 0 && n != classes->slots())
        throw Error("--n", fmt::format("{}, but the classes have {} slots", n, classes->slots()),
                    "leave --n out", ErrorKind::usage);
    n = classes->slots();
}

DeviceClasses Shape::classes_for(int size) const {
    if (classes) return *classes;
    return classes_of_sizes(std::vector<int32_t>(static_cast<size_t>(size), 1));
}

int required_size(const Shape& shape, const std::string& why) {
    if (shape.n == 0)
        throw Error("--n", "missing: needed to " + why, "for example --n 784", ErrorKind::usage);
    return shape.n;
}

}  // namespace permloom::cli
