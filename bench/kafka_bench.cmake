# The lane log on real brokers; run.py starts them.
find_package(benchmark REQUIRED)
add_executable(kafka_bench ${CMAKE_CURRENT_LIST_DIR}/kafka_bench.cpp)
target_link_libraries(kafka_bench PRIVATE seatgrid_cluster seatgrid_storage_kafka benchmark::benchmark)
