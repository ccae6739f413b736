# Links between two processes on loopback, beside a bare socket.
seatgrid_false_alarm(${CMAKE_CURRENT_LIST_DIR}/links_bench.cpp)
add_executable(links_bench ${CMAKE_CURRENT_LIST_DIR}/links_bench.cpp)
target_link_libraries(links_bench PRIVATE seatgrid_cluster)
seatgrid_long_running(links_bench)
