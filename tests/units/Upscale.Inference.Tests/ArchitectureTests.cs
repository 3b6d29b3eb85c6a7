using System.Text.Json;
using Upscale.Testing;

namespace Upscale.Inference.Tests;

public sealed class ArchitectureTests(PoolFixture fixture) : IClassFixture<PoolFixture>
{
    public static TheoryData<string, string> Architectures
    {
        get
        {
            TheoryData<string, string> data = [];
            foreach (string folder in TestData.ReferenceFolders("architectures"))
            {
                foreach (JsonProperty entry in Read(folder).EnumerateObject())
                    data.Add(folder, entry.Name);
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Architectures))]
    public async Task A_size_that_runs_is_found_and_the_picture_is_right(string folder, string name)
    {
        JsonElement entry = Read(folder).GetProperty(name);
        ModelCard card = await fixture.Pool.DescribeAsync(Path.Combine(folder, name + ".onnx"), CancellationToken.None);
        Assert.Equal(entry.GetProperty("scale").GetInt32(), card.Scale);

        bool runsElsewhere = false;
        foreach (JsonProperty trial in entry.GetProperty("runs_at").EnumerateObject())
        {
            int[] size = [.. trial.Name.Split('x').Select(int.Parse)];
            bool runs = trial.Value.GetString() == "ok";
            runsElsewhere |= runs;
            Assert.Equal(runs, card.AcceptsSize(size[1], size[0]));
        }

        int[] traced = [.. entry.GetProperty("traced_at").GetString()!.Split('x').Select(int.Parse)];
        if (runsElsewhere)
            Assert.Equal(entry.GetProperty("size_multiple").GetInt32(), card.MultipleOf);
        else
            Assert.Equal((traced[1], traced[0]), card.FixedSize);

        NpyFile inputs = NpyFile.Read(Path.Combine(folder, name + ".in.npy"));
        using Tile input = Goldens.ToTile(inputs, 0, planar: true, bgr: false, white: 1);
        using Tile expected = Goldens.ToTile(NpyFile.Read(Path.Combine(folder, name + ".out.npy")), 0, planar: true, bgr: false, white: 1);
        using Tile output = await Goldens.RunAsync(fixture.Pool, card, input);
        double largest = expected.Data.ToArray().Max(Math.Abs);
        Assert.InRange(Goldens.LargestDifference(output, expected), 0, 1e-4 * largest);
    }

    private static JsonElement Read(string folder) => JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "cases.json"))).RootElement;
}
