/// A trained network under study, in floating point and, where it compiles, in integers.
#pragma once

#include <optional>
#include <string>

#include "compiler/base/parallel.h"
#include "compiler/checkpoint/checkpoint.h"
#include "compiler/data/dataset.h"
#include "tools/permloom/inputs.h"

namespace permloom::cli {

struct Accuracy {
    double real = 0.0;              ///< of the projected weights
    std::optional<double> integer;  ///< of the integer reference
};

class Subject {
  public:
    /// Compiles the checkpoint in memory, for `chip` where given; else for the default target, and
    /// then a network that does not compile has no integer accuracy.
    explicit Subject(Checkpoint checkpoint, const std::optional<Chip>& chip = {});

    const Checkpoint& checkpoint() const { return checkpoint_; }
    const NetworkSpec& network() const { return checkpoint_.network; }
    bool compiled() const { return program_.has_value(); }
    /// Only where it is compiled.
    const Chip& chip() const { return program_->chip; }
    /// Why it is not compiled.
    const std::string& obstacle() const { return obstacle_; }

    Accuracy accuracy(const Images& images, ThreadPool& pool) const;

  private:
    Checkpoint checkpoint_;
    std::optional<Program> program_;
    std::string obstacle_;
};

}  // namespace permloom::cli
