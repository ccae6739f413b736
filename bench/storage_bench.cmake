find_package(benchmark REQUIRED)
add_executable(storage_bench storage_bench.cpp)
target_link_libraries(storage_bench PRIVATE seatgrid_storage benchmark::benchmark)
