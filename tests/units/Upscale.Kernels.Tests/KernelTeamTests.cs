namespace Upscale.Kernels.Tests;

public sealed unsafe class KernelTeamTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    public void Every_piece_is_done_once(int threads)
    {
        using KernelTeam team = new(threads);
        for (int round = 0; round < 3000; round++)
        {
            int[] done = new int[(round % 11) + 1];
            team.Run(done.Length, 3, (index, scratch) =>
            {
                scratch[2] = index;
                Interlocked.Increment(ref done[index]);
            });
            Assert.All(done, d => Assert.Equal(1, d));
        }
    }

    [Fact]
    public void A_piece_that_fails_is_told_to_the_caller_and_the_next_kernel_is_done()
    {
        using KernelTeam team = new(3);
        for (int failing = 0; failing < 6; failing++)
        {
            Assert.Throws<InvalidOperationException>(() => team.Run(6, 0, (index, _) =>
            {
                Thread.Sleep(1);
                if (index == failing)
                    throw new InvalidOperationException();
            }));
            int sum = 0;
            team.Run(6, 0, (index, _) => Interlocked.Add(ref sum, index));
            Assert.Equal(15, sum);
        }
    }

    [Fact]
    public void Threads_that_ended_for_want_of_work_are_replaced()
    {
        using KernelTeam team = new(2);
        for (int round = 0; round < 2; round++)
        {
            HashSet<int> threads = [];
            team.Run(8, 0, (_, _) =>
            {
                Thread.Sleep(20);
                lock (threads)
                    threads.Add(Environment.CurrentManagedThreadId);
            });
            Assert.Equal(2, threads.Count);
            Thread.Sleep(2500);
        }
    }

    [Fact]
    public void Little_work_is_done_by_the_caller_alone()
    {
        using KernelTeam team = new(4);
        int caller = Environment.CurrentManagedThreadId;
        team.Run(8, 0, (_, _) => Assert.Equal(caller, Environment.CurrentManagedThreadId), work: 100);
    }

    [Fact]
    public void Teams_do_not_wait_for_each_other()
    {
        Parallel.For(0, 6, _ =>
        {
            using KernelTeam team = new(3);
            for (int round = 0; round < 300; round++)
            {
                int sum = 0;
                team.Run(10, 0, (index, _) => Interlocked.Add(ref sum, index));
                Assert.Equal(45, sum);
            }
        });
    }
}
