# Asks, says that this was all, and reads to the end.
use IO::Socket::INET;
my $peer = IO::Socket::INET->new("127.0.0.1:12000") or die $!;
$peer->autoflush(1);
print $peer "hi\n";
shutdown $peer, 1;
my @answer = <$peer>;
print "answer: @answer";
