/// Registers and wires that carry bundles between modules.
///
/// SystemC's evaluate and update phases give the register discipline: a process reads what the last
/// edge left and prepares the next value; all values change together afterwards, so that no result
/// depends on the order of processes. Unlike sc_signal, a Register swaps two buffers, so that a
/// wide vector is neither allocated nor compared nor copied when it moves on.
#pragma once

#include <memory>
#include <systemc>
#include <utility>

namespace permloom::systemc {

template <class T>
class ReadInterface : virtual public sc_core::sc_interface {
  public:
    virtual const T& read() const = 0;
};

template <class T>
class WriteInterface : virtual public sc_core::sc_interface {
  public:
    /// The value from the next update on. It holds an older value: write every field that counts.
    virtual T& next() = 0;
};

template <class T>
class Register : public sc_core::sc_prim_channel,
                 public ReadInterface<T>,
                 public WriteInterface<T> {
  public:
    explicit Register(const char* name) : sc_prim_channel(name) {}

    const T& read() const override { return now_; }
    T& next() override {
        request_update();
        return next_;
    }
    /// Notified after each update; made when the first process becomes sensitive to it.
    const sc_core::sc_event& default_event() const override {
        if (!changed_) changed_ = std::make_unique<sc_core::sc_event>();
        return *changed_;
    }

  private:
    void update() override {
        std::swap(now_, next_);
        if (changed_) changed_->notify(sc_core::SC_ZERO_TIME);
    }

    T now_{}, next_{};
    mutable std::unique_ptr<sc_core::sc_event> changed_;
};

/// The same channel between a combinational process and its readers.
template <class T>
using Wire = Register<T>;

template <class T>
using In = sc_core::sc_port<ReadInterface<T>>;
template <class T>
using Out = sc_core::sc_port<WriteInterface<T>>;

}  // namespace permloom::systemc
