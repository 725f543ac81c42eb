/// A layer of the engine `folded` of a fabricated copy: the digital one's buffer, order of work and
/// post-op, with a physical array in between that takes the digital stages' cycles.
///
///     ActivationBuffer -> FoldedIssue -> Dac -> AnalogStage x D -> AnalogBank
///           -> SettlingStage x T -> Adc -> LayerOutput
#pragma once

#include <memory>
#include <vector>

#include "sim/physical/systemc/adc.h"
#include "sim/physical/systemc/analog_bank.h"
#include "sim/physical/systemc/analog_stage.h"
#include "sim/physical/systemc/dac.h"
#include "sim/physical/systemc/settling_stage.h"
#include "sim/systemc/folded_front.h"

namespace permloom::systemc {

/// What the array of a layer is like.
struct ArrayParts {
    const LayerInstance& devices;  ///< as they are in use
    SwitchPass pass;
    Reading reading;
    ReaderSetting setting;
    NoiseSource noise;
};

class PhysicalFoldedLayer final : public FoldedFront {
  public:
    PhysicalFoldedLayer(const sc_core::sc_module_name& name, const Chip& chip, size_t index,
                        const ArrayParts& parts);

  private:
    void build_network(const Chip& chip, size_t index, const ArrayParts& parts);
    void build_reader(int levels);

    /// D + 1: before each stage, and after.
    std::vector<std::unique_ptr<Register<AnalogLines>>> lines_;
    /// T + 1: behind the bank, and behind each cycle of settling.
    std::vector<std::unique_ptr<Register<AnalogSum>>> sums_;

    Dac dac_;
    std::vector<std::unique_ptr<AnalogStage>> network_;
    AnalogBank bank_;
    std::vector<std::unique_ptr<SettlingStage>> settling_;
    Adc adc_;
};

}  // namespace permloom::systemc
