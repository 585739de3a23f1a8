<?php
// Waits for as long as it is told, and says how long that was.
[, $kind, $seconds] = $argv;
$peer = fsockopen("127.0.0.1", 12000);
[$begun, $wall] = [hrtime(true), microtime(true)];
if ($kind == "usleep") usleep($seconds * 1000000);
if ($kind == "sleep") sleep($seconds);
if ($kind == "stream") {
    stream_set_timeout($peer, $seconds);
    fgets($peer);
}
printf("%.1f\n%.1f\n", (hrtime(true) - $begun) / 1e9, microtime(true) - $wall);
