#include "sim/physical/systemc/adc.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace permloom::systemc {

Adc::Adc(const sc_core::sc_module_name& name, bool bit_serial, const Reading& reading,
         const ReaderSetting& setting, const NoiseSource& noise)
    : PipelineStage(name),
      bit_serial_(bit_serial),
      reading_(reading),
      setting_(setting),
      noise_(noise) {}

bool Adc::goes_on(const AnalogSum& from) {
    if (from.token.first)
        sum_ = variance_ = 0.0;
    else if (bit_serial_ && from.token.pass == 0)
        sum_ *= 2.0;  // the planes so far weigh twice the next one
    sum_ += from.value;
    variance_ += from.variance;
    return from.token.last;
}

void Adc::advance(const AnalogSum& from, Total& to) {
    const NoiseKey key{&noise_.rng, noise_.trial, from.image, noise_.layer, from.token.position};
    double sum = sum_;
    if (reading_.read_noise > 0.0)
        sum += std::sqrt(variance_) * key.normal(PhysicalDraw::read_noise, from.token.neuron);
    sum *= setting_.gain;
    if (reading_.adc_noise > 0.0)
        sum += reading_.adc_noise * (setting_.high - setting_.low) *
               key.normal(PhysicalDraw::adc_noise, from.token.neuron);
    using Sum = std::numeric_limits<int32_t>;  // what the registers behind can hold
    to.value = static_cast<int64_t>(
        std::clamp<double>(std::nearbyint(converted(sum)), Sum::min(), Sum::max()));
}

double Adc::converted(double sum) const {
    const double range = setting_.high - setting_.low;
    if (reading_.adc_bits == 0 || range <= 0.0) return sum;
    const double top = std::ldexp(1.0, reading_.adc_bits) - 1.0, step = range / top;
    const double code = std::clamp(std::nearbyint((sum - setting_.low) / step), 0.0, top);
    return setting_.low + code * step;
}

}  // namespace permloom::systemc
