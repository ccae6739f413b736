# A node that begins with an empty directory: from the whole log, and from a snapshot.
add_executable(snapshot_bench ${CMAKE_CURRENT_LIST_DIR}/snapshot_bench.cpp)
target_link_libraries(snapshot_bench PRIVATE seatgrid_cluster)
seatgrid_long_running(snapshot_bench)
