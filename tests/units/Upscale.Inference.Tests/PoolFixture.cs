using Upscale.Testing;

namespace Upscale.Inference.Tests;

/// <summary>Pools on the CPU with the repository's networks, shared by the tests of a class.</summary>
public sealed class PoolFixture : IDisposable
{
    private readonly SessionPool _sessions = new();
    private readonly SessionPool _binding = new(new SessionPoolOptions { AlwaysBind = true });

    public ModelCatalog Catalog { get; } = new([Path.Combine(TestData.Root, "models")]);

    public IModelPool Pool => _sessions.On(_sessions.Devices.Resolve("Cpu"), Catalog);

    /// <summary>Runs as on a card: with input and output bound to the session.</summary>
    public IModelPool BindingPool => _binding.On(_sessions.Devices.Resolve("Cpu"), Catalog);

    public void Dispose()
    {
        _sessions.Dispose();
        _binding.Dispose();
    }
}
