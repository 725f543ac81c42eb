/// Whether loading a wiring trained anew undoes an attack on the old one.
#pragma once

#include <atomic>
#include <optional>
#include <string>
#include <vector>

#include "compiler/data/dataset.h"
#include "compiler/train/adversarial.h"
#include "tools/permloom/console.h"
#include "tools/permloom/study/subject.h"

namespace permloom::cli {

/// What one wiring of the chip does.
struct ReloadRow {
    std::string wiring;
    Accuracy clean;
    Accuracy attacked;      ///< on images made against the first wiring
    Accuracy attacked_own;  ///< on images made against this one
};

struct ReloadOptions {
    PixelBound bound;
    PgdOptions pgd;
    std::optional<int> epochs;                ///< of training B and C; as the network says
    const std::atomic<bool>* stop = nullptr;  ///< set (Ctrl-C): nothing is kept
};

/// Throws Error where the study is to stop (`stop` may be null).
void check_stop(const std::atomic<bool>* stop);

/// Rows A, B and C, by PGD on `images`. A: `first`. B: trained on the devices of its chip with the
/// next seed. C: as B, with the training images and, beside each, the one made of it against A.
/// Wirings B and C are configurations of A's chip, so that `first` is one that compiles. Throws
/// Error when it is stopped.
std::vector<ReloadRow> reload_rows(const Subject& first, const Dataset& data, const Images& images,
                                   const ReloadOptions& options, ThreadPool& pool,
                                   Progress& progress);

/// The rows in a sentence.
std::string reload_verdict(const std::vector<ReloadRow>& rows);

}  // namespace permloom::cli
