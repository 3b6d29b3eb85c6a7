namespace Upscale.Inference.Tests;

public sealed class DeviceTests
{
    private static readonly DeviceInfo s_cpu = new() { Name = "Cpu", Kind = "Cpu", Description = "processor", Usable = true };
    private static readonly DeviceInfo s_card = new() { Name = "Cuda:0", Kind = "Cuda", Description = "card", Usable = true };
    private static readonly DeviceInfo s_broken = new() { Name = "Cuda:0", Kind = "Cuda", Description = "card", Usable = false, Reason = "cuDNN is missing" };
    private static readonly DeviceInfo s_second = s_card with { Name = "Cuda:1", Index = 1 };

    [Fact]
    public void The_processor_is_there_and_every_other_kind_is_usable_or_says_why_not()
    {
        using SessionPool pool = new();
        Assert.Equal(["CoreML", "Cpu", "Cuda", "DirectML"], pool.Devices.All.Select(d => d.Kind).Distinct().Order());
        DeviceInfo cpu = pool.Devices.Resolve("cpu");
        Assert.Equal("Cpu", cpu.Name);
        Assert.True(cpu.MemoryBytes > 0);
        Assert.All(pool.Devices.All, d => Assert.Equal(d.Usable, d.Reason is null));
    }

    [Fact]
    public void A_build_without_cards_says_how_to_build_one_with()
    {
        using SessionPool pool = new();
        DeviceInfo cuda = pool.Devices.All.First(d => d.Kind == "Cuda");
        if (cuda.Usable)
            return;
        UpscaleException error = Assert.Throws<UpscaleException>(() => pool.Devices.Resolve("Cuda"));
        Assert.Equal(UpscaleErrorId.DeviceNotAvailable, error.ErrorId);
        Assert.Contains(cuda.Reason!, error.Message, StringComparison.Ordinal);
        Assert.Contains("Usable here: Cpu", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("auto", "Cuda:0")]
    [InlineData("CUDA", "Cuda:0")]
    [InlineData("cuda:1", "Cuda:1")]
    [InlineData(" Cpu ", "Cpu")]
    public void Names_and_kinds_are_found_in_any_case(string asked, string found)
        => Assert.Equal(found, new Devices([s_card, s_second, s_cpu]).Resolve(asked).Name);

    [Theory]
    [InlineData("Cuda:7", "there are only Cuda:0, Cuda:1")]
    [InlineData("Vulkan", "no such kind of device")]
    public void What_is_not_there_is_an_error_with_the_usable_ones(string asked, string reason)
    {
        UpscaleException error = Assert.Throws<UpscaleException>(() => new Devices([s_card, s_second, s_cpu]).Resolve(asked));
        Assert.Equal(UpscaleErrorId.DeviceNotAvailable, error.ErrorId);
        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
        Assert.Contains("Cuda:0, Cuda:1, Cpu", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_broken_card_is_never_replaced_by_the_processor_unless_asked_for_the_best()
    {
        Devices devices = new([s_broken, s_cpu]);
        Assert.Equal("Cpu", devices.Resolve("Auto").Name);
        UpscaleException error = Assert.Throws<UpscaleException>(() => devices.Resolve("Cuda"));
        Assert.Contains("cuDNN is missing", error.Message, StringComparison.Ordinal);
        using SessionPool pool = new();
        Assert.Throws<UpscaleException>(() => pool.On(s_broken, new ModelCatalog([])));
    }
}
