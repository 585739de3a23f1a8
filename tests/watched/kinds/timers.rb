# Waits for as long as it is told, and says how long that was.
require "socket"
require "timeout"
kind, seconds = ARGV[0], ARGV[1].to_i
peer = TCPSocket.new("127.0.0.1", 12000)
begun, wall = Process.clock_gettime(Process::CLOCK_MONOTONIC), Time.now
case kind
when "sleep" then sleep seconds
when "select" then IO.select([peer], nil, nil, seconds)
when "timeout"
  begin
    Timeout.timeout(seconds) { peer.read(1) }
  rescue Timeout::Error
  end
end
puts format("%.1f", Process.clock_gettime(Process::CLOCK_MONOTONIC) - begun), format("%.1f", Time.now - wall)
peer.close
