// Preloaded, these stand before torch's own: with them its engine for backward passes sees CUDA
// devices, once pretend_devices() has been called. There is nothing behind them.
static signed char devices = 0;

extern "C" void pretend_devices(int count) { devices = static_cast<signed char>(count); }

namespace c10::cuda {
signed char device_count() noexcept { return devices; }
signed char device_count_ensure_non_zero() { return devices; }
bool hasPrimaryContext(signed char) { return false; }
}  // namespace c10::cuda
