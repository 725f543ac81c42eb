// The wire that collects the currents of a bank has a resistance, first order: with the wire's end
// at slot 0 and R the resistance of one segment, the current of slot k drops the voltage at slot s
// by R * (min(s, k) + 1) * g_k * x_k. The sum over s of g_s times what is left of x_s is linear in
// x:
//
//     y = sum_k g_k * (1 - R * sum_s (min(s, k) + 1) * g_s) * x_k
#include <fmt/format.h>

#include <span>

#include "compiler/base/error.h"
#include "sim/physical/effects.h"

namespace permloom {
namespace {

class LineResistance final : public Effect {
  public:
    std::string_view name() const override { return "line_resistance"; }
    std::string_view summary() const override { return "voltage lost along a bank, first order"; }
    bool present(const DeviceModel& model) const override {
        return model.array.line_resistance > 0.0;
    }
    void remove(DeviceModel& model) const override { model.array.line_resistance = 0.0; }

    void use(const DeviceArray& array, LayerInstance& layer) const override {
        if (array.largest == 0.0) return;  // nothing conducts
        const auto lines = static_cast<size_t>(array.shape.lines());
        const double resistance = array.model.array.line_resistance / array.largest;
        for (std::vector<float>* wire : {&layer.plus, &layer.minus})
            for (size_t start = 0; start < wire->size(); start += lines)
                attenuate(std::span(*wire).subspan(start, lines), resistance);
    }

  private:
    static void attenuate(std::span<float> bank, double resistance) {
        double beyond = 0.0;  // conductance of slots k and further
        for (const float conductance : bank)
            beyond += static_cast<double>(conductance);
        double weighted = 0.0;  // sum over s of (min(s, k) + 1) * g_s
        for (float& conductance : bank) {
            weighted += beyond;
            beyond -= static_cast<double>(conductance);
            const double left = 1.0 - resistance * weighted;
            if (left < 0.0)
                throw Error("array.line_resistance",
                            fmt::format("takes more than all of the voltage of a bank of {} slots: "
                                        "beyond first order",
                                        bank.size()),
                            "lower it, or use a smaller layer");
            conductance = static_cast<float>(static_cast<double>(conductance) * left);
        }
    }
};

}  // namespace

std::unique_ptr<Effect> make_line_resistance() {
    return std::make_unique<LineResistance>();
}

}  // namespace permloom
