/// The version that checkpoints, chips and configurations are stamped with.
#pragma once

namespace permloom {
inline constexpr char VERSION[] = "0.1.0";
}  // namespace permloom
