// Waits for as long as it is told, and says how long that was.
import java.net.Socket;
import java.net.SocketTimeoutException;

class Timers {
    public static void main(String[] words) throws Exception {
        int millis = Integer.parseInt(words[1]) * 1000;
        try (Socket peer = new Socket("127.0.0.1", 12000)) {
            long begun = System.nanoTime(), wall = System.currentTimeMillis();
            if (words[0].equals("sleep")) Thread.sleep(millis);
            if (words[0].equals("wait")) synchronized (peer) { peer.wait(millis); }
            if (words[0].equals("read")) {
                peer.setSoTimeout(millis);
                try { peer.getInputStream().read(); } catch (SocketTimeoutException over) { }
            }
            System.out.printf("%.1f%n%.1f%n", (System.nanoTime() - begun) / 1e9, (System.currentTimeMillis() - wall) / 1e3);
        }
    }
}
