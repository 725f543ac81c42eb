/// What a training run is asked to do: its network and data, the checkpoint, chip or copy of a chip
/// that it starts from, and its noise.
#pragma once

#include <string>
#include <vector>

#include "compiler/data/dataset.h"
#include "compiler/spec/network.h"
#include "compiler/train/trainer.h"
#include "tools/permloom/options.h"

namespace permloom::cli {

struct TrainingRequest {
    NetworkSpec network;
    Dataset data;
    TrainOptions options;            ///< seed, run directory, checkpoints, devices and noise
    std::vector<std::string> notes;  ///< settings that the user did not name
};

/// Reads NETWORK, --data, --out, --epochs, --seed, --set, --resume, --from, --shuffled, --devices,
/// --chip and --noise. Throws Error, of usage where they do not go together.
TrainingRequest read_training_request(const Values& values);

}  // namespace permloom::cli
