# The queue's rules alone: matches per second against agents and waiting calls.
add_executable(match_bench ${CMAKE_CURRENT_LIST_DIR}/match_bench.cpp)
target_link_libraries(match_bench PRIVATE seatgrid_domain)
