# Waits for as long as it is told, and says how long that was.
use IO::Socket::INET;
use Time::HiRes qw(clock_gettime CLOCK_MONOTONIC time);
my ($kind, $seconds) = @ARGV;
my $peer = IO::Socket::INET->new("127.0.0.1:12000") or die $!;
my ($begun, $wall) = (clock_gettime(CLOCK_MONOTONIC), time);
if ($kind eq "sleep") { sleep $seconds }
if ($kind eq "select") { select(undef, undef, undef, $seconds) }
if ($kind eq "alarm") {
    eval {
        local $SIG{ALRM} = sub { die "over\n" };
        alarm $seconds;
        my $line = <$peer>;
    };
}
printf "%.1f\n%.1f\n", clock_gettime(CLOCK_MONOTONIC) - $begun, time - $wall;
